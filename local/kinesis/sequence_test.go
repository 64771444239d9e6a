package kinesis

import (
	"testing"
	"time"
)

func TestASequenceNumberIsReadAsItWasWritten(t *testing.T) {
	for _, s := range []sequence{beginning(0, time.Unix(946684800, 0)), {created: 946684800, shard: 300, place: 7, arrived: 946684900}} {
		if got, ok := parseSequence(s.String()); !ok || got != s {
			t.Errorf("%s is read as %+v, %t, want %+v", s, got, ok, s)
		}
	}
	if got, want := beginning(5, time.Unix(946684800, 0)), (sequence{created: 946684800, shard: 5, arrived: 946684800}); got != want {
		t.Errorf("a shard begins with %+v, want %+v", got, want)
	}
	number := beginning(0, time.Unix(946684800, 0)).String()
	for name, text := range map[string]string{
		"nothing": "", "a word": "x", "zero": "0", "a negative number": "-" + number, "a number with its sign": "+" + number,
		"a digit too few": number[1:], "a digit too many": number + "0", "the number after": number[:len(number)-1] + "9",
	} {
		if s, ok := parseSequence(text); ok {
			t.Errorf("%s is read as %+v", name, s)
		}
	}
}
