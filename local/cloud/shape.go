package cloud

// Shaped is a value that is written in JSON, or read from it, as another Go value,
// by which its members can be told from the keys of a map.
type Shaped interface{ Shape() any }
