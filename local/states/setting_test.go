package states

import "testing"

func TestAPathMayReferToANumberAsText(t *testing.T) {
	for _, row := range []struct {
		language language
		value    any
		want     float64
		ok       bool
	}{
		{jsonPathLanguage, 1.5, 1.5, true},
		{jsonPathLanguage, "1.5", 1.5, true},
		{jsonPathLanguage, "-1", -1, true},
		{jsonPathLanguage, "NaN", 0, false},
		{jsonPathLanguage, "Inf", 0, false},
		{jsonPathLanguage, "", 0, false},
		{jsonPathLanguage, nil, 0, false},
		{jsonataLanguage, 1.5, 1.5, true},
		{jsonataLanguage, "1", 0, false},
	} {
		v := &visit{state: &base{language: row.language}}
		if got, ok := v.number(row.value); ok != row.ok || ok && got != row.want {
			t.Errorf("%v in %v: %v, %v", row.value, row.language, got, ok)
		}
	}
}
