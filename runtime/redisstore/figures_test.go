package redisstore

import "flag"

var long = flag.Bool("long", false, "run the long versions of tests")
