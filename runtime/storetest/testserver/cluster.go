package testserver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slots is the number of slots of a Redis Cluster.
const slots = 16384

// Cluster is a Redis Cluster that was started for a test.
type Cluster struct {
	t         testing.TB
	nodes     []*Server
	primaries int
}

// RedisCluster starts a Redis Cluster that ends with the test. It has at least three primaries,
// and for each of them a number of replicas, one of which takes over when the primary dies.
// Nodes consider another node dead after a minute, because nodes on a busy machine may be silent
// for a while. A test that waits for a failover calls [Cluster.Hasten] first.
func RedisCluster(t testing.TB, primaries, replicasEach int) *Cluster {
	t.Helper()
	c := &Cluster{t: t, primaries: primaries}
	for range primaries * (1 + replicasEach) {
		c.nodes = append(c.nodes, Redis(t,
			"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0"))
	}
	for i, node := range c.nodes[:primaries] {
		c.command(node, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/primaries), strconv.Itoa((i+1)*slots/primaries-1))
		c.command(node, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	for _, node := range c.nodes[1:] {
		c.command(c.nodes[0], "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(node.port))
	}
	c.until("the nodes know each other", func(node *Server) bool {
		return strings.Count(c.bulk(node, "CLUSTER NODES"), "connected") == len(c.nodes)
	})
	for i, node := range c.nodes[primaries:] {
		c.command(node, "CLUSTER", "REPLICATE", c.bulk(c.nodes[i%primaries], "CLUSTER MYID"))
	}
	c.until("the cluster is whole", func(node *Server) bool {
		return strings.Contains(c.bulk(node, "CLUSTER INFO"), "cluster_state:ok") &&
			strings.Count(c.bulk(node, "CLUSTER NODES"), "slave") == primaries*replicasEach
	})
	c.until("the replicas follow", func(node *Server) bool {
		info := c.bulk(node, "INFO replication")
		return strings.Contains(info, "master_link_status:up") || strings.Contains(info, "role:master")
	})
	c.timeout("60000", c.nodes...)
	return c
}

// Hasten makes nodes consider others dead after a second.
func (c *Cluster) Hasten(nodes ...*Server) {
	c.t.Helper()
	c.timeout("1000", nodes...)
}

func (c *Cluster) timeout(milliseconds string, nodes ...*Server) {
	c.t.Helper()
	for _, node := range nodes {
		c.command(node, "CONFIG", "SET", "cluster-node-timeout", milliseconds)
	}
}

// Nodes returns the cluster's servers. Those that began as primaries come first.
func (c *Cluster) Nodes() []*Server { return c.nodes }

// Addresses returns the addresses of the nodes.
func (c *Cluster) Addresses() []string {
	var addresses []string
	for _, node := range c.nodes {
		addresses = append(addresses, node.Address())
	}
	return addresses
}

// PrimaryOf returns the node that got the slot when the cluster was created.
func (c *Cluster) PrimaryOf(slot int) *Server {
	for i := range c.primaries {
		if slot < (i+1)*slots/c.primaries {
			return c.nodes[i]
		}
	}
	c.t.Fatalf("testserver: invalid slot: want one below %d, got %d", slots, slot)
	return nil
}

// until waits until a condition holds for every node.
func (c *Cluster) until(what string, true func(*Server) bool) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for _, node := range c.nodes {
		for !true(node) {
			if time.Now().After(deadline) {
				c.t.Fatalf("testserver: waited too long until %s:\n%s", what, c.bulk(node, "CLUSTER NODES"))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// command sends a command to a node.
func (c *Cluster) command(node *Server, words ...string) {
	c.t.Helper()
	conn := c.dial(node)
	defer conn.Close()
	answer, err := redisCommand(conn, words...)
	if err != nil || answer != "+OK" {
		c.t.Fatalf("testserver: Redis answers %q, %v to %q", answer, err, words)
	}
}

// bulk returns the text that a node answers to a command.
func (c *Cluster) bulk(node *Server, command string) string {
	c.t.Helper()
	conn := c.dial(node)
	defer conn.Close()
	fmt.Fprintf(conn, "%s\r\n", command)
	reader := bufio.NewReader(conn)
	head, err := reader.ReadString('\n')
	if err != nil {
		c.t.Fatalf("testserver: %s: %v", command, err)
	}
	size, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(head, "$")))
	if err != nil {
		c.t.Fatalf("testserver: Redis answers %q to %s", head, command)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(reader, text); err != nil {
		c.t.Fatalf("testserver: %s: %v", command, err)
	}
	return string(text)
}

func (c *Cluster) dial(node *Server) net.Conn {
	c.t.Helper()
	conn, err := net.DialTimeout("tcp", node.Address(), patience)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}
