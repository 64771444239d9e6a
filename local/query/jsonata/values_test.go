package jsonata

import (
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

const written = `{"z": 1.0, "a": 12345678901234567890, "10": 1e2, "9": [0.0, {"y": 1, "b": 2}]}`

// What an expression only hands on keeps its text, and the order of its members.
func TestWhatIsHandedOnStaysAsItIs(t *testing.T) {
	for expression, want := range map[string]string{
		`$d`:                          `{"z":1.0,"a":12345678901234567890,"10":1e2,"9":[0.0,{"y":1,"b":2}]}`,
		`$d.a`:                        `12345678901234567890`,
		`[$d.z, {"n": $d.a}]`:         `[1.0,{"n":12345678901234567890}]`,
		"$d.`9`[0]":                   `0.0`,
		`$keys($d)`:                   `["z","a","10","9"]`,
		`$merge([$d, {"c": $d.z}])`:   `{"z":1.0,"a":12345678901234567890,"10":1e2,"9":[0.0,{"y":1,"b":2}],"c":1.0}`,
		"$d ~> |$|{\"n\": 1}, \"9\"|": `{"z":1.0,"a":12345678901234567890,"10":1e2,"n":1}`,
		"$d.`9`[1] ~> $each(function($v, $k) { $k })":                   `["y","b"]`,
		"$sift($d, function($v) { $type($v) = \"number\" and $v > 1 })": `{"a":12345678901234567890,"10":1e2}`,
		`$sort([$d.a, 3, $d.z])`:                                        `[1.0,3,12345678901234567890]`,
		`$d.z + 1`:                                                      `2`,
		`$string($d)`:                                                   `"{\"z\":1,\"a\":12345678901234600000,\"10\":100,\"9\":[0,{\"y\":1,\"b\":2}]}"`,
		`$d.z = 1 and $d.z in [1]`:                                      `true`,
		`-0`:                                                            `0`,
		`$parse("[-0, {\"a\": -0}, -0.0, 1.0]")`:                        `[0,{"a":0},-0.0,1.0]`,
	} {
		e, err := Compile(expression, StepFunctions)
		if err != nil {
			t.Fatal(err)
		}
		variables := map[string]any{"d": decode(t, []byte(written))}
		value, defined, err := e.Eval(t.Context(), undefined, variables)
		if err != nil || defined != (want != "") || defined && encode(value) != want {
			t.Errorf("%s is %s, error %v, want %s", expression, encode(value), err, want)
		}
	}
}

// Appending makes arrays grow in place; those that they were made of must not see it.
func TestArraysThatWereAppendedToStayWhatTheyWere(t *testing.T) {
	got := here(t, `($a := $append([1], 2); $b := $append($a, 3); $c := $append($b, 4); $d := $append($b, 5); $e := $append($b, 6); {"b": $b, "c": $c, "d": $d, "e": $e})`, "", "", Standard)
	if want := `{"b":[1,2,3],"c":[1,2,3,4],"d":[1,2,3,5],"e":[1,2,3,6]}`; got.Text != want {
		t.Errorf("got %+v, want %s", got, want)
	}
}

// No expression changes what it was given, whatever it does to its own copy.
func TestNoEvaluationChangesWhatItWasGiven(t *testing.T) {
	document := decode(t, []byte(written))
	before := encode(document)
	for _, expression := range []string{
		`$d ~> |$|{"a": 1, "new": 2}, ["z", "10"]|`, "$$ ~> |`9`|{\"y\": 0}|", "(|$d|{\"a\": 1}|)({\"x\": 1})", "$append($d.`9`, 1)",
		"$sort($d.`9`, function($l, $r) { true })", "$reverse($d.`9`)", `($d := {}; $d)`, "$d.`9`{\"a\": 1}", "[$d.`9`, 1]", `{"d": $d}`,
	} {
		e, err := Compile(expression, StepFunctions)
		if err != nil {
			t.Fatal(err)
		}
		variables := map[string]any{"d": document}
		_, _, _ = e.Eval(t.Context(), document, variables)
		if after := encode(document); after != before || len(variables) != 1 {
			t.Fatalf("%s makes %s of %s", expression, after, before)
		}
	}
}

// An expression is compiled once, and evaluated by whoever has it.
func TestEvaluationsDoNotDisturbEachOther(t *testing.T) {
	e, err := Compile(`($f := function($n) { $n = 0 ? [] : $append($f($n - 1), $n & $v.x) }; $match($join($f(20)), /\d+/) ~> $count)`, StepFunctions)
	if err != nil {
		t.Fatal(err)
	}
	shared := jsonvalue.NewObject(1).Set("x", "-")
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			value, _, err := e.Eval(t.Context(), undefined, map[string]any{"v": shared})
			if err != nil || value != 20.0 {
				t.Errorf("got %v, error %v, want 20", value, err)
			}
		})
	}
	group.Wait()
}
