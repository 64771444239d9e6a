package environment

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func reader(values map[string]string) *Reader {
	return &Reader{Look: func(name string) (string, bool) { value, ok := values[name]; return value, ok }}
}

func TestValuesAreRead(t *testing.T) {
	r := reader(map[string]string{"A": "text", "B": "12", "C": "15m", "D": `["x, y", "ü"]`, "E": "[]"})
	if a, b, c := r.String("A"), r.Int64("B"), r.Duration("C"); a != "text" || b != 12 || c != 15*time.Minute || r.Err() != nil {
		t.Errorf("got %q, %d, %v, %v", a, b, c, r.Err())
	}
	if d, e := r.Strings("D"), r.Strings("E"); !slices.Equal(d, []string{"x, y", "ü"}) || len(e) != 0 || r.Err() != nil {
		t.Errorf("got %q, %q, %v", d, e, r.Err())
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	r := reader(map[string]string{"EMPTY": "", "WORD": "x", "ZERO": "0", "NEGATIVE": "-1m", "PARTS": "x, y"})
	r.String("MISSING")
	r.String("EMPTY")
	r.Int64("WORD")
	r.Int64("ZERO")
	r.Duration("NEGATIVE")
	r.Duration("GONE")
	r.Strings("PARTS")
	r.Strings("LOST")
	for _, name := range []string{"MISSING", "EMPTY", "WORD", "ZERO", "NEGATIVE", "GONE", "PARTS", "LOST"} {
		if err := r.Err(); err == nil || strings.Count(err.Error(), name) != 1 {
			t.Errorf("%s is not named once in %v", name, err)
		}
	}
}
