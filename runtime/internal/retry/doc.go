// Package retry is for the engine. It repeats a call to a store whose outcome is unclear.
//
// Of sessiongen's packages it imports runtime alone.
package retry
