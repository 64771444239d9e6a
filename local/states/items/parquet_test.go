package items

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
)

type line struct {
	SKU   string  `parquet:"sku"`
	Sizes []int64 `parquet:"sizes,list"`
}

// order has a column of each type.
type order struct {
	Zone     string               `parquet:"zone"`
	Note     *string              `parquet:"note,optional"`
	Kind     string               `parquet:"kind,enum"`
	Document string               `parquet:"document,json"`
	Number   int64                `parquet:"number"`
	Small    int32                `parquet:"small"`
	Large    uint64               `parquet:"large"`
	Count    uint32               `parquet:"count"`
	Rate     float64              `parquet:"rate"`
	Ratio    float32              `parquet:"ratio"`
	Paid     bool                 `parquet:"paid"`
	Raw      []byte               `parquet:"raw"`
	At       time.Time            `parquet:"at,timestamp(microsecond)"`
	Exact    time.Time            `parquet:"exact,timestamp(nanosecond)"`
	Day      int32                `parquet:"day,date"`
	Time     int32                `parquet:"time,time(millisecond)"`
	Old      deprecated.Int96     `parquet:"old"`
	Price    int64                `parquet:"price,decimal(2:18)"`
	Total    [12]byte             `parquet:"total,decimal(3:28)"`
	ID       [16]byte             `parquet:"id,uuid"`
	Tags     []string             `parquet:"tags,list"`
	Codes    []int32              `parquet:"codes"`
	Stock    map[string]int64     `parquet:"stock"`
	Buyer    struct{ Z, A int32 } `parquet:"buyer"`
	Lines    []line               `parquet:"lines,list"`
}

// written is rows as a file.
func written[T any](t testing.TB, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func TestParquetRowsAreObjects(t *testing.T) {
	note := "a \"note\""
	full := order{
		Zone: "eu", Note: &note, Kind: "B2B", Document: `{"a":1}`, Number: math.MaxInt64, Small: -7, Large: math.MaxUint64, Count: math.MaxUint32,
		Rate: 0.1, Ratio: 0.1, Paid: true, Raw: []byte{1, 255},
		At: time.Date(2022, 11, 17, 15, 44, 41, 5000, time.UTC), Exact: time.Date(2022, 11, 17, 15, 44, 41, 1, time.UTC),
		Day: 19313, Time: 3_723_004, Old: deprecated.Int96{1_000_000_000, 0, 2440588 + 1}, Price: -5, Total: [12]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 133},
		ID:   [16]byte{0x12, 0x34, 15: 0xff},
		Tags: []string{"p", "q"}, Codes: []int32{1, 2}, Stock: map[string]int64{"k": 1},
		Lines: []line{{"s1", []int64{1, 2}}, {"s2", nil}, {"s3", []int64{3}}},
	}
	full.Buyer.Z = 1
	wantFull := `{"zone":"eu","note":"a \"note\"","kind":"B2B","document":"{\"a\":1}","number":9223372036854775807,"small":-7,` +
		`"large":18446744073709551615,"count":4294967295,"rate":0.1,"ratio":0.1,"paid":true,"raw":"Af8=",` +
		`"at":"2022-11-17T15:44:41.000005Z","exact":"2022-11-17T15:44:41.000000001Z","day":"2022-11-17","time":"01:02:03.004",` +
		`"old":"1970-01-02T00:00:01Z","price":-0.05,"total":-0.123,"id":"12340000-0000-0000-0000-0000000000ff",` +
		`"tags":["p","q"],"codes":[1,2],"stock":{"k":1},"buyer":{"Z":1,"A":0},` +
		`"lines":[{"sku":"s1","sizes":[1,2]},{"sku":"s2","sizes":[]},{"sku":"s3","sizes":[3]}]}`
	empty := order{Rate: math.Inf(1), Ratio: float32(math.NaN())}
	wantEmpty := `{"zone":"","note":null,"kind":"","document":"","number":0,"small":0,"large":0,"count":0,"rate":"Infinity","ratio":"NaN",` +
		`"paid":false,"raw":"","at":"0001-01-01T00:00:00Z","exact":"1754-08-30T22:43:41.128654848Z","day":"1970-01-01","time":"00:00:00",` +
		`"old":"-4713-11-24T00:00:00Z","price":0.00,"total":0.000,"id":"00000000-0000-0000-0000-000000000000",` +
		`"tags":[],"codes":[],"stock":{},"buyer":{"Z":0,"A":0},"lines":[]}`
	for name, codec := range map[string]compress.Codec{
		"not compressed": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip, "zstd": &parquet.Zstd,
	} {
		t.Run(name, func(t *testing.T) {
			file := written(t, []order{full, empty, full}, parquet.Compression(codec))
			got, cause := read(t, Source{InputType: Parquet}, bucket{"k": file}, Place{Key: "k"})
			if want := lines(wantFull, wantEmpty, wantFull); got != want || cause != "" {
				t.Errorf("%s\n%s\nwant\n%s", cause, got, want)
			}
		})
	}
}

// Lists that may be absent, of elements that may be.
func TestParquetTellsWhatIsAbsentFromWhatIsEmpty(t *testing.T) {
	text := func(s string) *string { return &s }
	type row struct {
		List []*string `parquet:"list,optional,list"`
		Deep *struct {
			N *int64 `parquet:"n,optional"`
		} `parquet:"deep,optional"`
		Map map[string]*int64 `parquet:"map,optional"`
	}
	n := int64(1)
	deep := &struct {
		N *int64 `parquet:"n,optional"`
	}{}
	file := written(t, []row{{}, {List: []*string{text("a"), nil, text("b")}, Deep: deep, Map: map[string]*int64{"k": nil}}, {List: []*string{nil}, Map: map[string]*int64{"k": &n}}})
	got, cause := read(t, Source{InputType: Parquet}, bucket{"k": file}, Place{Key: "k"})
	want := lines(`{"list":null,"deep":null,"map":null}`, `{"list":["a",null,"b"],"deep":{"n":null},"map":{"k":null}}`, `{"list":[null],"deep":null,"map":{"k":1}}`)
	if got != want || cause != "" {
		t.Errorf("%s\n%s\nwant\n%s", cause, got, want)
	}
}

func TestParquetIsReadRowGroupByRowGroup(t *testing.T) {
	type row struct {
		N int64 `parquet:"n"`
	}
	rows := make([]row, 1000)
	want := ""
	for i := range rows {
		rows[i].N = int64(i)
		want += `{"n":` + strconv.Itoa(i) + "}\n"
	}
	file := written(t, rows, parquet.MaxRowsPerRowGroup(300))
	got, cause := read(t, Source{InputType: Parquet}, bucket{"k": file}, Place{Key: "k"})
	if got != want || cause != "" {
		t.Errorf("%d bytes of rows, %s", len(got), cause)
	}
	if got, _ = read(t, Source{InputType: Parquet}, bucket{"k": file}, Place{Key: "k", Max: 301}); strings.Count(got, "\n") != 301 {
		t.Errorf("%d rows, want 301", strings.Count(got, "\n"))
	}
	if got, cause = read(t, Source{InputType: Parquet}, bucket{"k": written(t, rows[:0])}, Place{Key: "k"}); got != "" || cause != "" {
		t.Errorf("no rows: %s, %s", got, cause)
	}
}

func TestParquetFilesThatAreBrokenFailTheReading(t *testing.T) {
	type row struct {
		Text string `parquet:"text"`
	}
	sound := written(t, []row{{"abc"}, {"def"}})
	footer := func(size uint32, magic string) string {
		return sound[:len(sound)-8] + string([]byte{byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24)}) + magic
	}
	for name, row := range map[string]struct{ file, cause string }{
		"nothing":            {"", "The file is not a Parquet file."},
		"a text":             {"this is not Parquet", "The file is not a Parquet file."},
		"encrypted":          {footer(10, "PARE"), "The Parquet file is encrypted."},
		"a large footer":     {footer(maxFooter+1, "PAR1"), "The Parquet file has a footer of 5242881 bytes: 5 MB can be read."},
		"a footer too large": {footer(maxFooter, "PAR1"), "The Parquet file cannot be read: "},
		"a broken footer":    {sound[:len(sound)-20] + strings.Repeat("x", 12) + sound[len(sound)-8:], "The Parquet file cannot be read: "},
		"a broken page":      {sound[:4] + strings.Repeat("\xff", 20) + sound[24:], "The Parquet file cannot be read: "},
	} {
		t.Run(name, func(t *testing.T) {
			if _, cause := read(t, Source{InputType: Parquet}, bucket{"k": row.file}, Place{Key: "k"}); !strings.HasPrefix(cause, row.cause) {
				t.Errorf("%q, want %q", cause, row.cause)
			}
		})
	}
	odd := written(t, []any{}, parquet.NewSchema("odd", parquet.Group{"in": parquet.Group{"b": parquet.BSON()}}))
	if _, cause := read(t, Source{InputType: Parquet}, bucket{"k": odd}, Place{Key: "k"}); cause != "The column in.b of the Parquet file has the type BSON, which cannot be read." {
		t.Errorf("an odd type: %q", cause)
	}
}

// Whatever the bytes are, reading ends, in rows or in a fault.
func FuzzParquet(f *testing.F) {
	file := written(f, []order{{Zone: "eu", Tags: []string{"a"}, Lines: []line{{"s", []int64{1}}}}, {}}, parquet.Compression(&parquet.Snappy))
	f.Add([]byte(file), 0, byte(0))
	f.Add([]byte(file), len(file)-40, byte(0xff))
	f.Fuzz(func(t *testing.T, file []byte, at int, b byte) {
		if at >= 0 && at < len(file) {
			file = bytes.Clone(file)
			file[at] = b
		}
		n := 0
		for range (Source{InputType: Parquet}).Read(t.Context(), bucket{"k": string(file)}, account, Place{Key: "k", Max: 1000}) {
			n++
		}
		if n > 1001 {
			t.Errorf("%d items", n)
		}
	})
}
