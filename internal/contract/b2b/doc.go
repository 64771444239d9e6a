// Package b2b holds the names and shapes that cross a boundary between
// the constructs, the state machines and the handlers: environment variables,
// table attributes, message bodies, outcomes, codes and ASL error names. It
// imports nothing outside the standard library.
package b2b
