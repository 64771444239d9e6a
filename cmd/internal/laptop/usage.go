package laptop

// This file tells how to use what runs, by commands that can be copied.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Usage is how to use what all systems have. Its labels take ten columns; a
// line that is indented further is typed into the program that the command
// before it has started.
func (l *Laptop) Usage() string {
	return fmt.Sprintf(`AWS       export AWS_ENDPOINT_URL=%[1]s AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=%[2]s
          aws --endpoint-url %[1]s stepfunctions list-state-machines
          aws --endpoint-url %[1]s dynamodb list-tables
Programs  cat %[3]s
Logs      ls %[4]s
`, l.Endpoints.AWS, l.Engine.Cloud.Region, l.Path("endpoints.json"), l.Path("logs"))
}

// Path is a path in the state folder, as a shell in this process's folder
// takes it.
func (l *Laptop) Path(elements ...string) string {
	path := filepath.Join(append([]string{l.State}, elements...)...)
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(relative) {
			path = relative
		}
	}
	return quoted(path)
}

// quoted is a word for the shell.
func quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@,%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
