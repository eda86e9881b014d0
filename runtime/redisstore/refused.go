package redisstore

import (
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
)

// foreign is what the scripts say of a key that they cannot read.
const foreign = "a session's key holds another program's value"

// refusals are the codes of answers that a server would give again, with the remedy. Before Redis
// 7, the answer to a script has the code of the command that failed in its text, behind a hyphen.
var refusals = []struct{ code, remedy string }{
	{"OOM", "the server's memory is full: raise its maxmemory"},
	{"NOPERM", "the account may not do this: give it the commands and keys of the store"},
	{"NOAUTH", "the client has no password: set it in the client's options"},
	{"WRONGPASS", "the client's user name or password is wrong"},
	{"READONLY", "the server is a replica: give the client the primary's address"},
	{"MISCONF", "the server cannot write its snapshot"},
	{"NOREPLICAS", "the server has too few replicas for its min-replicas-to-write"},
	{"WRONGTYPE", "a key of the store holds another program's value: give the store a prefix of its own"},
	{"CROSSSLOT", "a session and its index are on different servers: use WithSeparateIndex"},
}

// uncoded are further ones, which have no code of their own.
var uncoded = []struct{ part, remedy string }{
	{"can't run this command", "the account may not do this: give it the commands and keys of the store"},
	{"unknown command", "the server is too old, or does not offer the command"},
	{foreign, "give the store a prefix of its own"},
}

// refusedBecause returns why a server has refused a call that it would refuse again, with the
// remedy, or "".
func refusedBecause(err error) string {
	var answer redis.Error // connections that fail are no answer
	if !errors.As(err, &answer) {
		return ""
	}
	text := answer.Error()
	for _, r := range refusals {
		if strings.HasPrefix(text, r.code+" ") || strings.Contains(text, ": -"+r.code+" ") {
			return r.remedy
		}
	}
	for _, r := range uncoded {
		if strings.Contains(text, r.part) {
			return r.remedy
		}
	}
	return ""
}
