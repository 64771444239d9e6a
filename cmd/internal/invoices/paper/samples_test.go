package paper

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/internal/money"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/textract"
)

func TestTheSameSampleIsTheSameFile(t *testing.T) {
	for i, sample := range Samples() {
		if again := Samples()[i]; !bytes.Equal(sample.File, again.File) || sample.Name != again.Name {
			t.Errorf("%s differs from run to run", sample.Name)
		}
	}
}

func TestThereAreTwelveSoundOnesInFourLayoutsAndThreeLanguages(t *testing.T) {
	layouts, languages := map[Layout]int{}, map[Language]int{}
	for _, s := range sound {
		layouts[s.invoice.Layout]++
		languages[s.invoice.Language]++
	}
	if len(sound) < 12 || len(layouts) != 4 || len(languages) != 3 {
		t.Errorf("%d, %v, %v", len(sound), layouts, languages)
	}
}

// reader is that of the construct, with its defaults.
func reader(t *testing.T) invoices.Reader {
	t.Helper()
	r := invoices.Reader{Money: money.Policy{Symbols: money.DefaultSymbols}, MinConfidence: 80, Limits: map[money.Currency]money.Amount{}}
	for code, value := range map[money.Currency]string{"USD": "1000", "EUR": "1000", "GBP": "1000", "CHF": "1000", "SEK": "10000"} {
		limit, err := money.Exact(value, code)
		if err != nil {
			t.Fatal(err)
		}
		r.Limits[code] = limit
	}
	return r
}

// Each page is read as its sample says, by the engine's Textract and our own
// reader.
func TestEachSampleIsReadAsItSays(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	c.Register("textract", textract.New(c, textract.Options{Objects: s3.New(c, s3.Options{})}))
	for _, sample := range Samples() {
		if len(sample.Invoices) != 1 {
			continue // more than Textract takes at once, or none
		}
		t.Run(sample.Name, func(t *testing.T) {
			var answer json.RawMessage
			if err := c.Do(t.Context(), c.Administrator(), "textract", "AnalyzeExpense", map[string]any{"Document": map[string]any{"Bytes": sample.File}}, &answer); err != nil {
				t.Fatal(err)
			}
			read, err := reader(t).Read(answer)
			if err != nil || len(read) != 1 {
				t.Fatalf("%d invoices, %v\n%s", len(read), err, answer)
			}
			want := sample.Invoices[0]
			if got := read[0].Summary(); !want.Is(got) {
				t.Errorf("read %+v\nwant %+v\n%s", got, want, fields(read[0]))
			}
		})
	}
}

func fields(i invoices.Invoice) string {
	text, _ := json.MarshalIndent(i, "", " ")
	return string(text)
}
