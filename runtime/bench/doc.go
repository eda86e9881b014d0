// Package bench holds sessiongen beside the packages that do the same: that
// scsstore works on real scs stores, and that what is tested for are mistakes
// which others make. The packages below it measure all of them: see the README.
// It has a module of its own, so that none of its requirements becomes one of
// the product.
package bench
