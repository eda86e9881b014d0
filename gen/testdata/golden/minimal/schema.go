// Command minimal has the smallest session that there is.
package main

type counter struct {
	_ struct{} `session:"idle=1m"`

	Visits int `session:""`
}
