// Package arch holds the test that keeps Purse's imports pointing one way, as
// ARCHITECTURE.md draws them. It has no code of its own.
package arch
