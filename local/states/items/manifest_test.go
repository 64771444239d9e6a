package items

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func zstandard(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func TestFilesAreUnpackedByTheirNames(t *testing.T) {
	objects := bucket{
		"k.json.gz": gzipped(t, "[1]"), "k.gzip": gzipped(t, "[2]"), "k.json.zst": zstandard(t, "[3]"), "k.json.zstd": zstandard(t, "[4]"),
		"k.json": "[5]", "bad.gz": "[1]", "bad.zst": "[1,2,3,4]",
	}
	for key, want := range map[string]string{"k.json.gz": "1", "k.gzip": "2", "k.json.zst": "3", "k.json.zstd": "4", "k.json": "5"} {
		if got, cause := read(t, Source{InputType: JSON}, objects, Place{Key: key}); got != lines(want) || cause != "" {
			t.Errorf("%s: %s, %s", key, got, cause)
		}
	}
	for key, want := range map[string]string{"bad.gz": "The file bad.gz cannot be unpacked: ", "bad.zst": "The file cannot be read: "} {
		if _, cause := read(t, Source{InputType: JSON}, objects, Place{Key: key}); !strings.HasPrefix(cause, want) {
			t.Errorf("%s: %s", key, cause)
		}
	}
}

func TestInventoriesListObjects(t *testing.T) {
	const manifest = `{"sourceBucket":"source","destinationBucket":"arn:aws:s3:::shop","version":"2016-11-30","creationTimestamp":"1668560400000",
		"fileFormat":"CSV","fileSchema":"Bucket, Key, Size, LastModifiedDate","files":[{"key":"data/1.csv.gz","size":7300,"MD5checksum":"a7"},{"key":"data/2.csv","size":1}]}`
	objects := bucket{
		"manifest.json": manifest,
		"data/1.csv.gz": gzipped(t, `"source","csvDataset/","0","2022-11-16T00:27:19.000Z"`+"\n"+`"source","csvDataset/titles.csv","3399671","2022-11-16T00:29:32.000Z"`+"\n"),
		"data/2.csv":    `"source","image%2C1","27034","2022-11-15T20:02:16.000Z"`,
		"orc.json":      strings.Replace(manifest, `"CSV"`, `"ORC"`, 1),
		"piped.json":    `{"destinationBucket":"arn:aws:s3:::shop","fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"piped"}]}`,
		"piped":         "source|k",
		"missing.json":  strings.Replace(manifest, "data/2.csv", "data/3.csv", 1),
		"broken.json":   `{"files":`,
	}
	first := lines(
		`{"LastModifiedDate":"2022-11-16T00:27:19.000Z","Bucket":"source","Size":"0","Key":"csvDataset/"}`,
		`{"LastModifiedDate":"2022-11-16T00:29:32.000Z","Bucket":"source","Size":"3399671","Key":"csvDataset/titles.csv"}`)
	for _, row := range []struct {
		name, key   string
		table       Table
		want, cause string
	}{
		{"an inventory", "manifest.json", Table{}, first + lines(`{"LastModifiedDate":"2022-11-15T20:02:16.000Z","Bucket":"source","Size":"27034","Key":"image%2C1"}`), ""},
		{"other headers and delimiters", "piped.json", Table{Given: true, Headers: []string{"b", "k"}, Delimiter: '|'}, lines(`{"b":"source","k":"k"}`), ""},
		{"another format", "orc.json", Table{}, "", `The inventory has the format "ORC": only CSV can be read.`},
		{"a file that is missing", "missing.json", Table{}, first, "The specified key does not exist."},
		{"what is no JSON", "broken.json", Table{}, "", "The manifest of the inventory is not valid JSON: "},
		{"nothing", "none.json", Table{}, "", "The specified key does not exist."},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, cause := read(t, Source{InputType: Manifest, ManifestType: Inventory, Table: row.table}, objects, Place{Key: row.key})
			if got != row.want || !strings.HasPrefix(cause, row.cause) || (cause == "") != (row.cause == "") {
				t.Errorf("items:\n%scause: %s\nwant:\n%scause: %s", got, cause, row.want, row.cause)
			}
		})
	}
}

func TestUnloadedFilesAreReadOneAfterTheOther(t *testing.T) {
	type row struct {
		N int64 `parquet:"n"`
	}
	objects := bucket{
		"jsonl":    "s3://shop/out/1.gz\n\n\"s3://shop/out/2\"\n",
		"out/1.gz": gzipped(t, "{\"n\":1}\n{\"n\":2}\n"), "out/2": "{\"n\":3}\n",
		"csv": "s3://shop/out/c.gz", "out/c.gz": gzipped(t, "1,a\n2,b\n"),
		"parquet": "s3://shop/out/p", "out/p": written(t, []row{{1}, {2}}),
		"bad": "s3://shop/out/2\nhttps://shop/out/3\n", "none": "s3://shop\n",
	}
	for _, r := range []struct {
		key, inputType string
		want, cause    string
	}{
		{"jsonl", JSONL, lines(`{"n":1}`, `{"n":2}`, `{"n":3}`), ""},
		{"csv", CSV, lines(`{"a":"1","b":"a"}`, `{"a":"2","b":"b"}`), ""},
		{"parquet", Parquet, lines(`{"n":1}`, `{"n":2}`), ""},
		{"bad", JSONL, lines(`{"n":3}`), `The manifest lists "https://shop/out/3", which is no object of S3.`},
		{"none", JSONL, "", `The manifest lists "s3://shop", which is no object of S3.`},
	} {
		source := Source{InputType: r.inputType, ManifestType: Unloaded, Table: Table{Given: true, Headers: []string{"a", "b"}}}
		got, cause := read(t, source, objects, Place{Key: r.key})
		if got != r.want || cause != r.cause {
			t.Errorf("%s:\n%scause: %s\nwant:\n%scause: %s", r.key, got, cause, r.want, r.cause)
		}
		for item, err := range source.Read(t.Context(), objects, account, Place{Bucket: "shop", Key: r.key}) {
			if err == nil && !strings.HasPrefix(item.Source, "s3://shop/out/") {
				t.Errorf("from %s", item.Source)
			}
		}
	}
}
