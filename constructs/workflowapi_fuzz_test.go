package constructs_test

// This file sends random bodies through the templates and an echo.

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A body comes back exact in value, to the last digit, or is refused as the
// route documents it.
func TestTenThousandRandomBodiesComeBackExact(t *testing.T) {
	l := synchronousLab(t)
	sendRandom(t, 10_000, func(_ int, body string) (string, answer) {
		got := l.post(t, "echo", body)
		return judge(body, got), got
	})
}

// The same holds for the output of an execution that is started. Every fourth
// body is sent twice under its key, after the end: it is known again.
func TestRandomBodiesOfAsynchronousRoutesComeBackExact(t *testing.T) {
	l := asynchronousLab(t)
	sendRandom(t, 3_000, func(n int, body string) (string, answer) {
		key := "body-" + strconv.Itoa(n)
		got := l.send(t, "POST", "echo", body, underKey(key))
		if fault := judgeStart(body, got); fault != "" || got.status != 202 {
			return fault, got
		}
		status := l.ended(t, follow(got))
		output := struct{ Output json.RawMessage }{}
		if err := json.Unmarshal([]byte(status.body), &output); err != nil || status.member("status") != "SUCCEEDED" {
			return "it does not succeed", status
		}
		if fault := judge(body, answer{status: 200, body: string(output.Output)}); fault != "" {
			return fault, status
		}
		if n%4 == 0 {
			if again := l.send(t, "POST", "echo", body, underKey(key)); again.status != 202 || again.body != got.body {
				return "it is another one the second time", again
			}
		}
		return "", got
	})
}

// sendRandom makes random bodies, and reports what is wrong with their answers.
func sendRandom(t *testing.T, bodies int, judged func(n int, body string) (fault string, got answer)) {
	const workers = 4
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for n := worker; n < bodies && !t.Failed(); n += workers {
				body := randomBody(rand.New(rand.NewPCG(20, uint64(n))), n)
				if fault, got := judged(n, body); fault != "" {
					t.Errorf("body %d of %d bytes: %s\n%.2000s\ngot %d\n%.2000s", n, len(body), fault, body, got.status, got.body)
				}
			}
		})
	}
	group.Wait()
}

// judgeStart says what is wrong with the answer to a body that is to start an
// execution, or "". A body is as large as it is between quotes; what stands
// around it there is less than 200 bytes.
func judgeStart(body string, got answer) string {
	quoted := len(body)
	for _, c := range body {
		if strings.ContainsRune("\"\\\n\r\t", c) {
			quoted++
		}
	}
	switch {
	case got.status == 413 && quoted > 256<<10-200:
		return judge(strings.Repeat("a", 256<<10+1), got)
	case quoted > 256<<10 || !json.Valid([]byte(body)):
		if got.status == 202 {
			return "it is started"
		}
		return judge(body, got)
	case got.status != 202:
		return "want a 202"
	}
	return ""
}

// judge says what is wrong with the answer to a body, or "".
func judge(body string, got answer) string {
	var sent, back any
	switch {
	case len(body) > 256<<10:
		if got.status != 413 || got.member("error") != "REQUEST_TOO_LARGE" {
			return "it is too large: want a 413"
		}
		return ""
	case !json.Valid([]byte(body)):
		if got.status != 400 || got.member("error") != "BAD_REQUEST_BODY" {
			return "it is no JSON: want a 400"
		}
		return ""
	}
	if got.status != 200 {
		return "want a 200"
	}
	if decode(body, &sent) != nil || decode(got.body, &back) != nil || !reflect.DeepEqual(sent, back) {
		return "it came back as something else"
	}
	return ""
}

// decode keeps numbers as they are written.
func decode(text string, value *any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(value)
}

// randomBody is a JSON text: mostly small, now and then as large as a body may
// be, or larger, or broken.
func randomBody(r *rand.Rand, n int) string {
	g := &generator{Rand: r, left: 40}
	switch {
	case n%500 == 7: // around the limit
		unit := g.text()
		for len(unit) < 300 {
			unit += g.text()
		}
		size := 256<<10 - 40 + r.IntN(60)
		padding := size - 2 - (size-2)/len(unit)*len(unit)
		return `"` + strings.Repeat(unit, (size-2)/len(unit)) + strings.Repeat("a", padding) + `"`
	case n%50 == 8: // deep
		depth := 1 + r.IntN(100)
		return strings.Repeat(`[{"é'":`, depth/2) + g.value(0) + strings.Repeat(`}]`, depth/2)
	case n%50 == 9: // broken
		body := g.value(0)
		cut := r.IntN(len(body) + 1)
		return body[:cut] + `',"`[r.IntN(3):] + body[cut:]
	default:
		return g.value(0)
	}
}

// generator writes JSON.
type generator struct {
	*rand.Rand
	left int // values that may still be written
}

func (g *generator) value(depth int) string {
	g.left--
	kind := g.IntN(9)
	if g.left <= 0 || depth > 12 {
		kind = g.IntN(6)
	}
	switch kind {
	case 0:
		return []string{"null", "true", "false"}[g.IntN(3)]
	case 1, 2:
		return g.number()
	case 3, 4, 5:
		return `"` + g.text() + `"`
	case 6:
		var members []string
		for range g.IntN(6) {
			members = append(members, g.space()+g.value(depth+1)+g.space())
		}
		return "[" + strings.Join(members, ",") + "]"
	default:
		var members []string
		for i := range g.IntN(6) {
			name := `"` + g.text() + strconv.Itoa(i) + `"` // no name twice
			members = append(members, g.space()+name+g.space()+":"+g.space()+g.value(depth+1))
		}
		return "{" + strings.Join(members, ",") + g.space() + "}"
	}
}

func (g *generator) space() string { return []string{"", "", "", " ", "\n", "\r\n\t"}[g.IntN(6)] }

// text is what may stand between quotes: the characters that templates, JSON
// and JavaScript each take for something of their own.
func (g *generator) text() string {
	var b strings.Builder
	for range g.IntN(12) {
		b.WriteString(morsels[g.IntN(len(morsels))])
	}
	if g.IntN(4) == 0 {
		b.WriteRune(rune(0x20 + g.IntN(0xd000)))
	}
	return b.String()
}

var morsels = []string{
	`\"`, `\\`, `\\\"`, `'`, `\\'`, `''`, `$`, `$input.body`, `$util.escapeJavaScript('x')`, `#`, `#set($a = 1)`, `#end`, `##`, `#*`, `*#`,
	`</`, `<\/script>`, `/`, `\/`, "\u2028", "\u2029", `\u2028`, "😀", `\ud83d\ude00`, "\ufeff", "é", "\u0080", "\u007f", "漢", "\U0010ffff",
	`\b\f\n\r\t`, `\u0000`, `\u001f`, `\u0027`, `\u005c`, `\u0022`, `{`, `}`, `[`, `,`, `:`, `%`, `%41`, `+`, `&amp;`, `${x}`, `#{x}`, `$!{x}`, `a`, ` `, `{%`, `%}`, `\\u0041`,
}

func (g *generator) number() string {
	switch g.IntN(7) {
	case 0:
		return strconv.FormatUint(g.Uint64(), 10)
	case 1:
		return "-" + strconv.FormatUint(g.Uint64(), 10) + strconv.FormatUint(g.Uint64(), 10)
	case 2:
		return strconv.FormatFloat(g.NormFloat64(), 'g', -1, 64)
	case 3:
		return strconv.Itoa(g.IntN(100)) + ".10000"
	case 4:
		return "1" + []string{"e", "E", "e+", "E-"}[g.IntN(4)] + strconv.Itoa(g.IntN(300))
	case 5:
		return "0." + strconv.FormatUint(g.Uint64(), 10) + strconv.FormatUint(g.Uint64(), 10)
	default:
		return []string{"0", "-0", "-0.0", "9007199254740993", "1e300"}[g.IntN(5)]
	}
}
