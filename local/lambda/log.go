package lambda

// This file is a function's log. Its processes write to the same file
// directly, so what a handler prints costs the engine nothing.

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// logFile is where a function logs; a nil one takes nothing.
type logFile struct{ file *os.File }

// openLog opens the file of a function, or returns nil if there is no folder.
func openLog(folder, stack, logicalID string) (*logFile, error) {
	if folder == "" {
		return nil, nil
	}
	file, err := os.OpenFile(filepath.Join(folder, stack+"-"+logicalID+".log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the function's log: %w", err)
	}
	return &logFile{file}, nil
}

// start logs that an invocation begins and returns where in the file that is.
func (l *logFile) start(r request) (mark int64) {
	if l == nil {
		return 0
	}
	if r.tail {
		if info, err := l.file.Stat(); err == nil {
			mark = info.Size()
		}
	}
	fmt.Fprintf(l.file, "START RequestId: %s Version: %s\n", r.id, r.target.version)
	return mark
}

// end logs that an invocation ended, after the error if the function could not
// log it itself.
func (l *logFile) end(r request, a answer) {
	if l == nil {
		return
	}
	text := ""
	if a.unsaid {
		text = string(a.payload) + "\n"
	}
	fmt.Fprint(l.file, text+"END RequestId: "+r.id+"\n"+reportLine(r, a))
}

// tail returns the last 4 KB of what was logged since the mark, in base64.
// Invocations that ran meanwhile are part of it.
func (l *logFile) tail(mark int64) string {
	if l == nil {
		return ""
	}
	info, err := l.file.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, min(info.Size()-mark, 4<<10))
	n, _ := l.file.ReadAt(text, info.Size()-int64(len(text))) // what cannot be read is not answered
	return base64.StdEncoding.EncodeToString(text[:n])
}

// note logs something about the function that is not of one invocation.
func (l *logFile) note(format string, args ...any) {
	if l != nil {
		fmt.Fprintf(l.file, format+"\n", args...)
	}
}
