// Package batch holds what all formats of batch files have in common: records,
// what can be wrong with them, and what can be wrong with a file. Each format
// is a package below this one that implements Format; CONTRIBUTING.md says
// what a new one needs.
//
// A file is read once, in order and in bounded memory, however large it is. A
// record that is bad by itself is passed on with a Code and a Message, and
// reading goes on behind it. A file that is broken as a whole ends with a
// *Fault, which says what is wrong and where.
package batch
