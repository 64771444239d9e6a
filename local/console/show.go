package console

// This file writes times, sizes and documents as people read them.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var functions = template.FuncMap{
	"add":       func(a, b int) int { return a + b },
	"path":      url.PathEscape,
	"time":      showTime,
	"took":      took,
	"json":      indented,
	"last":      lastPart,
	"lower":     strings.ToLower,
	"deref":     aws.ToString,
	"deref64":   aws.ToInt64,
	"derefBool": aws.ToBool,
	"current":   current,
	"shownAt":   shownAt,
	"execution": ExecutionPage,
}

// showTime is a time of the machine's clock to the millisecond, in UTC as AWS
// tells it.
func showTime(t any) string {
	switch t := t.(type) {
	case time.Time:
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02 15:04:05.000")
	case *time.Time:
		if t != nil {
			return showTime(*t)
		}
	}
	return ""
}

// took is how long something took, to three digits; what has no end goes on.
func took(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	d := to.Sub(from)
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// indented is a JSON document on several lines; what is none stays as it is.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// lastPart is what an ARN ends in.
func lastPart(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }

// span is a number of seconds in the largest unit that it is a multiple of.
func span(seconds int) string {
	for _, unit := range []struct {
		name    string
		seconds int
	}{{"days", 24 * 60 * 60}, {"hours", 60 * 60}, {"minutes", 60}} {
		if seconds >= unit.seconds && seconds%unit.seconds == 0 {
			return fmt.Sprintf("%d %s", seconds/unit.seconds, unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", seconds)
}
