package checkname

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// check returns the name as it is stored, and the codes of what is wrong.
func check(t *testing.T, h *Handler, name string) (string, []contract.Code) {
	t.Helper()
	checked, err := h.Handle(t.Context(), contract.Application{Name: name})
	rejected, ok := err.(contract.NameRejected) // not wrapped: the runtime reports the type
	if err != nil && (!ok || len(rejected.Reasons) == 0) {
		t.Fatalf("%q: error %T: %v", name, err, err)
	}
	var codes []contract.Code
	for _, reason := range rejected.Reasons {
		if reason.Message == "" {
			t.Errorf("%s has no message", reason.Code)
		}
		codes = append(codes, reason.Code)
	}
	return checked.Name, codes
}

func TestNamesOfPeopleStandTheCheck(t *testing.T) {
	for typed, want := range map[string]string{
		"Ada Lovelace":                 "Ada Lovelace",
		"  jose\u0301   Garci\u0301a ": "josé García",
		"Seán O’Neill":                 "Seán O’Neill",
		"Seán O'Neill":                 "Seán O'Neill",
		"Jean-Luc Picard":              "Jean-Luc Picard",
		"Martin Luther King, Jr.":      "Martin Luther King, Jr.",
		"Nguyễn Thị Ánh":               "Nguyễn Thị Ánh",
		"Łukasz Żółć":                  "Łukasz Żółć",
		"山田 太郎":                        "山田 太郎",
		"ヤマダ　タロウ":                      "ヤマダ タロウ",
		"ﾔﾏﾀﾞ ﾀﾛｳ":                     "ヤマダ タロウ",
		"Ольга Иванова":                "Ольга Иванова",
		"Γιώργος Παπαδόπουλος":         "Γιώργος Παπαδόπουλος",
		"محمد علي":                     "محمد علي",
		"שָׁלוֹם":                      "שָׁלוֹם",
		"राम":                          "राम",
		"Meritxell Gal·la":             "Meritxell Gal·la",
		"Ｊａｎｅ Ｒｏｅ":                     "Jane Roe",
		"O":                            "O",
		"Suharto":                      "Suharto",
		strings.Repeat("é", 140):       strings.Repeat("é", 140),
		strings.Repeat("e\u0301", 140): strings.Repeat("é", 140),
		"Jane\u200b Roe":               "Jane Roe",
		"\u202eJane Roe\u202c":         "Jane Roe",
	} {
		if got, codes := check(t, New(nil), typed); got != want || codes != nil {
			t.Errorf("%q: got %q, %q, want %q", typed, got, codes, want)
		}
	}
}

func TestWhatIsNoNameIsRejectedForEveryReason(t *testing.T) {
	for name, row := range map[string]struct {
		typed string
		want  []contract.Code
	}{
		"missing":                    {"", []contract.Code{contract.NameMissing}},
		"blank":                      {" \t\u3000\u200b\n", []contract.Code{contract.NameMissing}},
		"signs only":                 {"-’.", []contract.Code{contract.NameMissing}},
		"a number":                   {"12345", []contract.Code{contract.NameMissing}},
		"an emoji":                   {"😀", []contract.Code{contract.NameMissing}},
		"with a digit":               {"Jane Roe 3", []contract.Code{contract.NameCharacters}},
		"with an emoji":              {"Jane 😀 Roe", []contract.Code{contract.NameCharacters}},
		"markup":                     {"<b>Jane</b>", []contract.Code{contract.NameCharacters}},
		"a sign first":               {"'Jane Roe", []contract.Code{contract.NameCharacters}},
		"a mark first":               {"\u0301Jane", []contract.Code{contract.NameCharacters}},
		"not UTF-8":                  {"Jane \xff Roe", []contract.Code{contract.NameCharacters}},
		"NUL":                        {"Jane\x00Roe", []contract.Code{contract.NameCharacters}},
		"a heap of marks":            {"Ja" + strings.Repeat("\u0335", 5) + "ne", []contract.Code{contract.NameCharacters}},
		"Cyrillic а in Latin":        {"J\u0430ne Roe", []contract.Code{contract.NameMixedScripts}},
		"Greek ο in Latin":           {"Jane R\u03bfe", []contract.Code{contract.NameMixedScripts}},
		"a letter too long":          {strings.Repeat("a", 141), []contract.Code{contract.NameTooLong}},
		"longer in its tidy form":    {strings.Repeat("\ufdfa", 8), []contract.Code{contract.NameTooLong}},
		"very long":                  {strings.Repeat("Jane ", 50_000), []contract.Code{contract.NameTooLong}},
		"everything at once":         {strings.Repeat("J\u0430ne 1", 100), []contract.Code{contract.NameTooLong, contract.NameCharacters, contract.NameMixedScripts}},
		"too long, and begins badly": {"1" + strings.Repeat("a", 140), []contract.Code{contract.NameTooLong, contract.NameCharacters}},
	} {
		if _, codes := check(t, New(nil), row.typed); !slices.Equal(codes, row.want) {
			t.Errorf("%s: got %q, want %q", name, codes, row.want)
		}
	}
}

func TestARefusedNameIsRefusedHoweverItIsWritten(t *testing.T) {
	h := New([]string{"José Nuñez-O’Neill", "Łukasz STRAßE", "Иванов Олег", "山田太郎", " - "})
	for _, name := range []string{
		"José Nuñez-O’Neill", "jose nunez-o'neill", "JOSE NUNEZ ONEILL", "Nuñez-O’Neill, José", "O’Neill José Nuñez", "Jose\u0301 Nun\u0303ez O.Neill",
		"Ｊｏｓé Nuñez-O’Neill", "Jo\u200bsé Nuñez-O’Neill", "Lukasz Strasse", "łukasz straße", "ОЛЕГ ИВАНОВ", "山田太郎",
	} {
		if _, codes := check(t, h, name); !slices.Equal(codes, []contract.Code{contract.NameRefused}) {
			t.Errorf("%q: got %q", name, codes)
		}
	}
	if _, codes := check(t, h, ""); !slices.Equal(codes, []contract.Code{contract.NameMissing}) {
		t.Errorf("no name: got %q", codes)
	}
	for _, name := range []string{"José Nuñez", "José Nuñez-O’Neill y Gil", "Lukas Strasse", "Олег Иванова"} {
		if _, codes := check(t, h, name); codes != nil {
			t.Errorf("%q: got %q", name, codes)
		}
	}
}

func FuzzCheckName(f *testing.F) {
	for _, seed := range []string{"", "Jane Roe", "José O’Neill", "J\u0430ne", "\xff\u0301\u202e", "\ufdfa"} {
		f.Add(seed)
	}
	h := New([]string{"Jane Roe"})
	f.Fuzz(func(t *testing.T, name string) {
		checked, err := h.Handle(t.Context(), contract.Application{Name: name})
		if _, ok := errors.AsType[contract.NameRejected](err); err != nil && !ok {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if !utf8.ValidString(checked.Name) || utf8.RuneCountInString(checked.Name) > maxName {
			t.Errorf("stored %q", checked.Name)
		}
		if again, err := h.Handle(t.Context(), contract.Application{Name: checked.Name}); err != nil || again != checked {
			t.Errorf("%q is stored as %q, and that as %q, %v", name, checked.Name, again.Name, err)
		}
	})
}
