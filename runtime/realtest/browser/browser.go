// Package browser holds no code. In its tests, a real browser is the judge of the cookies
// that the generator allows, and of those that it refuses: every combination of
// attributes goes through the generator, a program made of the result serves those that are
// allowed, and the browser has to keep, send and delete each as its tag says. What is allowed is
// looked up in a table that was written from RFC 6265bis and knows nothing of the generator.
package browser
