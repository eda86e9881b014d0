// Package asvs is for reviewers of the security of sessions: it has tests alone, named after
// what they prove. That is a requirement of OWASP's Application Security Verification Standard
// 5.0, an advisory about another session library, or a rule of RFC 6265bis for cookies. It may
// import all of runtime.
package asvs
