package batch

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// lines is a format: each line of a file is the id of a record. Files are of
// this format if they begin with its name.
type lines struct{ name string }

func (l lines) Name() string { return l.name }

func (l lines) Recognizes(name string, head []byte) bool {
	return strings.HasPrefix(string(head), l.name) || strings.HasSuffix(name, "."+l.name)
}

func (l lines) Split(r io.Reader, maxRecords int, each func(*Record) error) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var record Record
	for line := range strings.Lines(string(content)) {
		if maxRecords > 0 && record.Ordinal == maxRecords {
			return atStart(TooManyRecords, "")
		}
		record.Begin()
		record.Identify([]byte(l.name + " read " + strings.TrimSuffix(line, "\n")))
		record.End()
		if err := each(&record); err != nil {
			return err
		}
	}
	return nil
}

func split(name string, r io.Reader, limits Limits) (ids []string, err error) {
	formats := Formats{lines{"a"}, lines{"b"}, lines{"ab"}}
	err = formats.Split(name, r, limits, func(r *Record) error {
		ids = append(ids, r.TransactionID())
		return nil
	})
	return ids, err
}

func TestTheFirstFormatThatRecognizesAFileReadsAllOfIt(t *testing.T) {
	long := strings.Repeat("x", 3*HeadSize)
	for _, c := range []struct {
		name, file, content string
		want                []string
	}{
		{"by content", "orders", "a1\na2\n", []string{"a read a1", "a read a2"}},
		{"by content, a second format", "orders", "b1", []string{"b read b1"}},
		{"by name", "orders.b", "x", []string{"b read x"}},
		{"two would", "orders.b", "ab", []string{"a read ab"}},
		{"a file that is longer than its head", "orders", "b\n" + long[:100] + strings.Repeat("\n"+long[:100], 50), append([]string{"b read b"}, repeat("b read "+long[:100], 51)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.content), iotest.OneByteReader(strings.NewReader(c.content)), iotest.DataErrReader(strings.NewReader(c.content))} {
				if got, err := split(c.file, r, Limits{}); err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
}

func repeat(s string, times int) (all []string) {
	for range times {
		all = append(all, s)
	}
	return all
}

func TestWhatNoFormatIsAskedAboutOrRecognizesIsAFault(t *testing.T) {
	for _, c := range []struct {
		name, content string
		code          Code
		says          string
	}{
		{"0 bytes", "", Empty, "empty"},
		{"gzip", "\x1f\x8b\x08\x00\x00", Compressed, "compressed"},
		{"zip", "PK\x03\x04\x00", Compressed, "compressed"},
		{"unknown", "Hello", UnknownFormat, "understood is a, b, ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := split("orders", strings.NewReader(c.content), Limits{})
			var fault *Fault
			if !errors.As(err, &fault) || fault.Code != c.code || fault.Place != (Place{1, 1, 0}) || !strings.Contains(fault.Message, c.says) || len(got) > 0 {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("a\n", HeadSize)
	for _, c := range []struct {
		name    string
		content string
		limits  Limits
		code    Code
	}{
		{"exactly as many bytes", "a1\na2\n", Limits{Bytes: 6}, ""},
		{"one byte too many", "a1\na2\n", Limits{Bytes: 5}, TooManyBytes},
		{"exactly as many bytes of a long file", long, Limits{Bytes: int64(len(long))}, ""},
		{"one byte too many of a long file", long, Limits{Bytes: int64(len(long)) - 1}, TooManyBytes},
		{"exactly as many records", "a1\na2\n", Limits{Records: 2}, ""},
		{"one record too many", "a1\na2\n", Limits{Records: 1}, TooManyRecords},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := split("orders", strings.NewReader(c.content), c.limits)
			var fault *Fault
			if errors.As(err, &fault); c.code == "" && err != nil || c.code != "" && (fault == nil || fault.Code != c.code) {
				t.Fatalf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheFile(t *testing.T) {
	broken := errors.New("connection reset")
	for _, start := range []string{"", "a\n"} {
		_, err := split("orders", io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken)), Limits{})
		var fault *Fault
		if !errors.Is(err, broken) || errors.As(err, &fault) {
			t.Errorf("after %q: got %v", start, err)
		}
	}
}
