package lambda

// This file is how what a function logs becomes a stream of CloudWatch Logs.

import (
	"bufio"
	"cmp"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/logs"
)

// LogGroups are the log groups of CloudWatch Logs.
type LogGroups interface {
	Group(name string) (arn string, ok bool)
	Publish(group, stream string, lines logs.Lines)
}

// observe lets clients of CloudWatch Logs read the function's log, as far as the
// role permits Lambda to write it. AWS runs a function without log or traces if it
// does not; the file of its log is written anyway, and says so.
func (l *Lambda) observe(p *pool) {
	v := p.version
	stream := l.cloud.ARN("logs", "log-group:"+v.logGroup+":log-stream:"+p.function.logStream)
	var needed [][2]string
	if l.opts.LogGroups != nil {
		if _, exists := l.opts.LogGroups.Group(v.logGroup); !exists {
			needed = append(needed, [2]string{"logs:CreateLogGroup", l.cloud.ARN("logs", "log-group:"+v.logGroup)})
		}
	}
	needed = append(needed, [2]string{"logs:CreateLogStream", stream}, [2]string{"logs:PutLogEvents", stream})
	if l.permits(p, needed) && l.opts.LogGroups != nil && p.function.log != nil {
		l.opts.LogGroups.Publish(v.logGroup, p.function.logStream, p.function.log.lines)
	}
	if v.traced {
		l.permits(p, [][2]string{{"xray:PutTraceSegments", "*"}, {"xray:PutTelemetryRecords", "*"}})
	}
}

// permits tells whether the role lets Lambda do all that. What it does not is noted.
func (l *Lambda) permits(p *pool, calls [][2]string) bool {
	all := true
	for _, call := range calls {
		if err := l.cloud.Authorize(p.version.caller, call[0], call[1]); err != nil {
			p.function.log.note("On AWS nobody would see this: %v", err)
			all = false
		}
	}
	return all
}

// timeline knows when what is in a log was written: it has the times of the
// lines that the engine writes, and what comes between is of the time of the line
// before it.
type timeline struct{ moments []moment }

// moment is when a log was so long.
type moment struct {
	at   int64 // bytes that were ever written before
	time time.Time
}

// maxMoments bounds a timeline. One that is full keeps every other moment.
const maxMoments = 100_000

func (t *timeline) note(at int64, now time.Time) {
	if n := len(t.moments); n > 0 && now.Sub(t.moments[n-1].time) < time.Millisecond {
		return
	}
	if len(t.moments) == maxMoments {
		kept := t.moments[:0]
		for i := 0; i < maxMoments; i += 2 {
			kept = append(kept, t.moments[i])
		}
		t.moments = kept
	}
	t.moments = append(t.moments, moment{at, now})
}

// of is when what is at a place was written.
func (t *timeline) of(at int64) time.Time {
	i, exact := slices.BinarySearchFunc(t.moments, at, func(m moment, at int64) int { return cmp.Compare(m.at, at) })
	if !exact && i > 0 {
		i--
	}
	if i >= len(t.moments) {
		return time.Time{}
	}
	return t.moments[i].time
}

// lines yields what the engine's run has logged from a position on, as events of
// CloudWatch Logs. A log that is closed, as the engine ends, has none.
func (l *logFile) lines(from int64) iter.Seq[logs.Line] {
	return func(yield func(logs.Line) bool) {
		l.mu.Lock()
		times := timeline{slices.Clone(l.times.moments)}
		parts := []part{{l.file, l.before, 0}}
		if l.previous != nil {
			parts = []part{{l.previous, l.before - l.aside, 0}, parts[0]}
		}
		if l.turn < len(parts) {
			parts[0].start = l.began
		}
		l.mu.Unlock()
		for _, p := range parts {
			p.start = max(p.start, from-p.before)
			if !p.lines(times, yield) {
				return
			}
		}
	}
}

// part is one of the files of a log.
type part struct {
	file   *os.File
	before int64 // bytes that were written before it
	start  int64 // where what this run has written starts
}

// lines yields the lines that have come to their end.
func (p part) lines(times timeline, yield func(logs.Line) bool) bool {
	reader := bufio.NewReader(io.NewSectionReader(p.file, p.start, size(p.file)-p.start))
	for at := p.before + p.start; ; {
		text, err := reader.ReadString('\n')
		if err != nil {
			return true // it is not complete, or the file has been closed
		}
		if line := text[:len(text)-1]; line != "" && !yield(logs.Line{Position: at, Time: times.of(at), Text: line}) {
			return false
		}
		at += int64(len(text))
	}
}
