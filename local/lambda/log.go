package lambda

// This file is a function's log. Its processes write to the same file
// directly, so what a handler prints costs the engine nothing. A file that has
// grown too large is put aside, and a new one begun: processes that write to the
// old one still finish what they do, and then make room for new ones.

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// maxTail is how much of a log an invocation may answer, in bytes.
const maxTail = 4 << 10

// logFile is where a function logs; a nil one takes nothing.
type logFile struct {
	path  string
	limit int64 // bytes

	mu       sync.Mutex
	file     *os.File
	previous *os.File // put aside, or nil
	turn     int      // how many files were put aside
	began    int64    // bytes that an earlier run had left in the first file
	before   int64    // bytes of all files that were put aside
	aside    int64    // bytes that the last of them had then
	times    timeline
}

// mark is a place in a log: how far it had come, and how far the file that was
// put aside, to which processes may still write.
type mark struct {
	turn          int
	offset, aside int64
}

// openLog opens the file of a function, or returns nil if there is no folder.
func openLog(folder, stack, logicalID string, limit int64) (*logFile, error) {
	if folder == "" {
		return nil, nil
	}
	l := &logFile{path: filepath.Join(folder, stack+"-"+logicalID+".log"), limit: limit}
	var err error
	if l.file, err = open(l.path); err != nil {
		return nil, err
	}
	l.began = size(l.file)
	return l, nil
}

func open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the function's log: %w", err)
	}
	return file, nil
}

// now returns the file that takes what is logged from now on, and its turn.
func (l *logFile) now() (*os.File, int) {
	if l == nil {
		return nil, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file, l.turn
}

// rotate puts the file aside if it is too large. It tells whether it did.
func (l *logFile) rotate() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if size(l.file) < l.limit || os.Rename(l.path, l.path+".1") != nil {
		return false
	}
	file, err := open(l.path)
	if err != nil {
		return false // it goes on in the file that has the other name now
	}
	if l.previous != nil {
		l.previous.Close() // nothing was buffered
	}
	l.aside = size(l.file)
	l.before += l.aside
	l.previous, l.file = l.file, file
	l.turn++
	return true
}

func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.previous == nil {
		return l.file.Close()
	}
	return errors.Join(l.previous.Close(), l.file.Close())
}

func (l *logFile) write(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times.note(l.before+size(l.file), time.Now())
	io.WriteString(l.file, text) // a log that cannot be written stops nobody
}

// start logs that an invocation begins and returns where in the log that is.
func (l *logFile) start(r request) (at mark) {
	if l == nil {
		return mark{}
	}
	if r.tail {
		l.mu.Lock()
		at = mark{l.turn, size(l.file), size(l.previous)}
		l.mu.Unlock()
	}
	l.write(fmt.Sprintf("START RequestId: %s Version: %s\n", r.id, r.target.number))
	return at
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
	l.write(text + "END RequestId: " + r.id + "\n" + reportLine(r, a))
}

// tail returns the last 4 KB of what was logged since the mark, in base64.
// Invocations that ran meanwhile are part of it.
func (l *logFile) tail(since mark) string {
	if l == nil {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var text []byte
	switch since.turn {
	case l.turn:
		text = append(ending(l.previous, since.aside), ending(l.file, since.offset)...)
	case l.turn - 1:
		text = append(ending(l.previous, since.offset), ending(l.file, 0)...)
	default:
		text = ending(l.file, 0)
	}
	return base64.StdEncoding.EncodeToString(text[max(0, len(text)-maxTail):])
}

// ending returns the end of a file, from an offset on at the earliest. What
// cannot be read is not answered.
func ending(file *os.File, from int64) []byte {
	if file == nil {
		return nil
	}
	from = max(from, size(file)-maxTail)
	text := make([]byte, maxTail)
	n, _ := file.ReadAt(text, from)
	return text[:n]
}

// size is 0 for a file that is nil.
func size(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// note logs something about the function that is not of one invocation.
func (l *logFile) note(format string, args ...any) {
	if l != nil {
		l.write(fmt.Sprintf(format+"\n", args...))
	}
}
