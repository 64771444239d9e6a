//go:build !unix

package durable

import (
	"errors"
	"os"
)

var errLocked = errors.New("locked")

// lock locks nothing: where there is no flock, two engines in one folder are
// the user's to avoid.
func lock(*os.File) error { return nil }
