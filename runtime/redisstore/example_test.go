package redisstore_test

import (
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime/redisstore"
)

func Example() {
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"sessions.example:6379"}, // several: a Cluster
		ContextTimeoutEnabled: true,                              // spares a goroutine for each call
	})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.WithPrefix("shop:"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	// visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
}
