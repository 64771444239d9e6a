package jsonata

import "testing"

// What Node makes of timestamps, in UTC.
func TestTimestampsAreReadAsInNode(t *testing.T) {
	for text, want := range map[string]string{
		"2018-01-02":                "1514851200000",
		"2018":                      "1514764800000",
		"2018-02":                   "1517443200000",
		"2018-02-30":                "1519948800000",
		"2018-01-02T03:04:05Z":      "1514862245000",
		"2018-01-02T03:04:05.6789Z": "1514862245678",
		"2018-01-02T03:04:05+0130":  "1514856845000",
		"2018-01-02T03:04:05-01:30": "1514867645000",
		"2018-01-02T24:00:00Z":      "1514937600000",
		"0050-01-01T00:00:00Z":      "-60589296000000",
		"1969-12-31T23:59:59.999Z":  "-1",
		"2018-13-01":                "D1001",
		"2018-01-02T25:00:00Z":      "D1001",
		"yesterday":                 "D3110",
	} {
		got := here(t, `$toMillis("`+text+`")`, "", "", Standard)
		if got.Text != want && got.Code != want {
			t.Errorf("%s is %+v, want %s", text, got, want)
		}
	}
}

func TestMissingPartsOfATimeAreThoseOfNow(t *testing.T) {
	for expression, want := range map[string]string{
		`$fromMillis($toMillis("12:30", "[H]:[m]"), "[Y]-[M]-[D]") = $now("[Y]-[M]-[D]")`: "true",
		`$fromMillis($toMillis("12:30", "[H]:[m]"), "[H01]:[m01]:[s01]")`:                 `"12:30:00"`,
		`$fromMillis($toMillis("3", "[D]"), "[D]T[H]")`:                                   `"3T0"`,
		`$toMillis("12", "[s]")`:          "number",
		`$toMillis("2018 12", "[Y] [m]")`: "D3136",
	} {
		got := here(t, expression, "", "", Standard)
		if want == "number" && got.Text != "" {
			continue
		}
		if got.Text != want && got.Code != want {
			t.Errorf("%s is %+v, want %s", expression, got, want)
		}
	}
}
