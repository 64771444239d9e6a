package states

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// fieldFaults reads a field of a Map state and returns what is wrong with it.
func fieldFaults(t *testing.T, state string, read func(p *parser, f fields)) string {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(state))
	if err != nil {
		t.Fatal(err)
	}
	p := &parser{}
	read(p, object(&p.faults, "", value))
	if len(p.faults) == 0 {
		return ""
	}
	return strings.TrimPrefix((&InvalidDefinition{p.faults}).Error(), "invalid state machine definition: ")
}

func TestItemReadersAreChecked(t *testing.T) {
	const (
		get  = `"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key.$":"$.key"}`
		list = `"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}`
	)
	for name, row := range map[string]struct{ reader, want string }{
		"JSON":                     {get + `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/a","MaxItems":100000000}`, ""},
		"JSON lines":               {get + `,"ReaderConfig":{"InputType":"JSONL","MaxItemsPath":"$.max"}`, ""},
		"CSV":                      {get + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVDelimiter":"TAB"}`, ""},
		"CSV with headers":         {get + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a"]}`, ""},
		"Parquet":                  {get + `,"ReaderConfig":{"InputType":"PARQUET"}`, ""},
		"an inventory":             {get + `,"ReaderConfig":{"InputType":"MANIFEST"}`, ""},
		"what Athena has unloaded": {get + `,"ReaderConfig":{"ManifestType":"ATHENA_DATA","InputType":"PARQUET"}`, ""},
		"an inventory with a type": {get + `,"ReaderConfig":{"ManifestType":"S3_INVENTORY","InputType":"JSONL"}`, "/ItemReader/ReaderConfig/InputType: must not be given where the ManifestType is S3_INVENTORY"},
		"unloaded as JSON":         {get + `,"ReaderConfig":{"ManifestType":"ATHENA_DATA","InputType":"JSON"}`, "/ItemReader/ReaderConfig/InputType: must be CSV, JSONL or PARQUET where the ManifestType is ATHENA_DATA"},
		"a list as a manifest":     {list + `,"ReaderConfig":{"ManifestType":"S3_INVENTORY"}`, "/ItemReader/ReaderConfig/ManifestType: is for arn:aws:states:::s3:getObject"},
		"too long a pointer":       {get + `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/` + strings.Repeat("a", 1999) + `"}`, "/ItemReader/ReaderConfig/ItemsPointer: must be a JSON Pointer of less than 2,000 characters"},
		"the longest pointer":      {get + `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/` + strings.Repeat("a", 1998) + `"}`, ""},
		"a list":                   {list, ""},
		"a list with limits":       {`"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b","Prefix":"p/","StartAfter":"a","ExpectedBucketOwner":"1"},"ReaderConfig":{"MaxItems":1,"Transformation":"NONE"}`, ""},
		"what is in a list":        {list + `,"ReaderConfig":{"InputType":"JSON","Transformation":"LOAD_AND_FLATTEN"}`, ""},
		"another resource":         {`"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"},"ReaderConfig":{"InputType":"JSON"}`, `/ItemReader/Resource: must be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2, not "arn:aws:states:::s3:putObject"`},
		"no parameters":            {`"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"}`, "/ItemReader/Parameters: is required"},
		"JSONata's arguments":      {`"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"},"Arguments":{}`, "/ItemReader/Arguments: is not a field of an ItemReader"},
		"no bucket":                {`"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Prefix":"b"}`, "/ItemReader/Parameters/Bucket: is required"},
		"an unknown parameter":     {`"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b","Key.$":"$.k"}`, "/ItemReader/Parameters/Key.$: is not one of Bucket, Prefix, StartAfter, ExpectedBucketOwner"},
		"no configuration":         {get, "/ItemReader/ReaderConfig: is required"},
		"no type":                  {get + `,"ReaderConfig":{}`, "/ItemReader/ReaderConfig/InputType: is required"},
		"another type":             {get + `,"ReaderConfig":{"InputType":"XML"}`, `/ItemReader/ReaderConfig/InputType: must be one of MANIFEST, JSON, CSV, JSONL, PARQUET, not "XML"`},
		"flattening without type":  {list + `,"ReaderConfig":{"Transformation":"LOAD_AND_FLATTEN"}`, "/ItemReader/ReaderConfig/InputType: is required"},
		"flattening one file":      {get + `,"ReaderConfig":{"InputType":"JSON","Transformation":"LOAD_AND_FLATTEN"}`, "/ItemReader/ReaderConfig/Transformation: LOAD_AND_FLATTEN is for arn:aws:states:::s3:listObjectsV2"},
		"an unknown setting":       {get + `,"ReaderConfig":{"InputType":"JSON","Skip":1}`, "/ItemReader/ReaderConfig/Skip: is not a field of a ReaderConfig"},
		"too many items":           {get + `,"ReaderConfig":{"InputType":"JSON","MaxItems":100000001}`, "/ItemReader/ReaderConfig/MaxItems: must be an integer between 0 and 100000000"},
		"no header location":       {get + `,"ReaderConfig":{"InputType":"CSV"}`, "/ItemReader/ReaderConfig/CSVHeaderLocation: is required"},
		"no headers":               {get + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN"}`, "/ItemReader/ReaderConfig/CSVHeaders: is required"},
		"headers that are numbers": {get + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":[1]}`, "/ItemReader/ReaderConfig/CSVHeaders: must be strings, not number"},
		"headers twice over":       {get + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVHeaders":["a"]}`, "/ItemReader/ReaderConfig/CSVHeaders: is for the CSVHeaderLocation GIVEN"},
		"a delimiter":              {get + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVDelimiter":","}`, `/ItemReader/ReaderConfig/CSVDelimiter: must be one of COMMA, PIPE, SEMICOLON, SPACE, TAB, not ","`},
		"CSV's settings elsewhere": {get + `,"ReaderConfig":{"InputType":"JSON","CSVDelimiter":"TAB"}`, "/ItemReader/ReaderConfig/InputType: must be CSV or MANIFEST where there are CSV headers or delimiters"},
		"a pointer elsewhere":      {get + `,"ReaderConfig":{"InputType":"JSONL","ItemsPointer":"/a"}`, "/ItemReader/ReaderConfig/ItemsPointer: is for the InputType JSON"},
		"a pointer that is none":   {get + `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"$.a"}`, "/ItemReader/ReaderConfig/ItemsPointer: must be a JSON Pointer of less than 2,000 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			got := fieldFaults(t, `{"ItemReader":{`+row.reader+`}}`, func(p *parser, f fields) { p.itemReader(f, jsonPathLanguage) })
			if got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

// visiting is a stay in a state "Each" that reads from S3 or writes to it: there
// is a bucket "shop", whose objects are texts by their keys. The caller may do
// what a list of actions says.
func visiting(t *testing.T, in language, input string, objects map[string]string, allowed ...string) *visit {
	t.Helper()
	w := newWorld(t, nil)
	t.Cleanup(w.cloud.Close)
	store := s3.New(w.cloud, s3.Options{Dir: t.TempDir()})
	if err := store.CreateBucket("shop", s3.BucketOptions{Versioning: "Enabled"}); err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if _, err := store.As(w.caller, s3.Origin{}).Put(t.Context(), s3.PutInput{Bucket: "shop", Key: key, Body: strings.NewReader(objects[key])}); err != nil {
			t.Fatal(err)
		}
	}
	w.states.options.Objects = store
	w.cloud.Authorizer = only{allowed: allowed}
	m := w.create(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`)
	document, err := parseData(input)
	if err != nil {
		t.Fatal(err)
	}
	e, _ := w.finish(m, "{}")
	return &visit{thread: &thread{execution: e, input: document}, state: &base{name: "Each", kind: kindMap, language: in}, entered: 2}
}

// only allows what a machine's role does to S3 if it is on a list of actions, each
// with a resource: "s3:GetObject arn:aws:s3:::shop/k".
type only struct {
	roles
	allowed []string
}

func (o only) Authorize(caller cloud.Caller, action, resource string) error {
	if caller.Role == "" || strings.HasPrefix(action, "s3:") && slices.Contains(o.allowed, action+" "+resource) {
		return nil
	}
	return cloud.Errorf(403, "AccessDenied", "Access Denied")
}

// readItems reads all items, as lines.
func readItems(v *visit, r *itemReader) (read string, f *failure) {
	stream, f := r.open(context.Background(), v, v.input.value)
	if f != nil {
		return "", f
	}
	defer stream.close()
	for {
		item, ok, f := stream.next()
		if f != nil || !ok {
			return read, f
		}
		read += jsonvalue.Text(item.Input()) + "\n"
	}
}

func parseReader(t *testing.T, in language, reader string) (r *itemReader) {
	t.Helper()
	if faults := fieldFaults(t, `{"ItemReader":`+reader+`}`, func(p *parser, f fields) { r = p.itemReader(f, in) }); faults != "" {
		t.Fatal(faults)
	}
	return r
}

func TestItemsAreReadAsTheRoleOfTheMachine(t *testing.T) {
	const (
		getJSON = `{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket.$":"$.bucket","Key.$":"$.key"},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.max"}}`
		pointed = `{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"shop","Key":"nested"},"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/a/b"}}`
		table   = `{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"shop","Key":"table"},"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["x","y"],"CSVDelimiter":"PIPE"}}`
		version = `{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket.$":"$.bucket","Key.$":"$.key","VersionId":"v"},"ReaderConfig":{"InputType":"JSON"}}`
		jsonata = `{"Resource":"arn:aws:states:::s3:listObjectsV2","Arguments":"{% $states.input.place %}","ReaderConfig":{"Transformation":"LOAD_AND_FLATTEN","InputType":"JSONL","MaxItems":"{% 1 + 2 %}"}}`

		getK   = "s3:GetObject arn:aws:s3:::shop/k"
		getP   = "s3:GetObject arn:aws:s3:::shop/p/1"
		list   = "s3:ListBucket arn:aws:s3:::shop"
		denied = "States.ItemReaderFailed: Access Denied (Service: S3, Status Code: 403, Request ID: "
		during = "An error occurred while executing the state 'Each' (entered at the event id #2). "
	)
	objects := map[string]string{"k": "[1,2,3]", "p/1": "1\n2\n", "p/2": "3\n4\n", "nested": `{"a":{"b":[7,8]},"c":[9]}`, "table": "1|2\n"}
	for name, row := range map[string]struct {
		in            language
		reader, input string
		allowed       []string
		want, failure string
	}{
		"a file":                  {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":0}`, []string{getK}, "1\n2\n3\n", ""},
		"a part of a file":        {jsonPathLanguage, pointed, `{}`, []string{"s3:GetObject arn:aws:s3:::shop/nested"}, "7\n8\n", ""},
		"a table":                 {jsonPathLanguage, table, `{}`, []string{"s3:GetObject arn:aws:s3:::shop/table"}, `{"x":"1","y":"2"}` + "\n", ""},
		"the rest of a list":      {jsonataLanguage, jsonata, `{"place":{"Bucket":"shop","Prefix":"p/","StartAfter":"p/1"}}`, []string{list, "s3:GetObject arn:aws:s3:::shop/p/2"}, "3\n4\n", ""},
		"another's bucket":        {jsonataLanguage, jsonata, `{"place":{"Bucket":"shop","Prefix":"p/","ExpectedBucketOwner":"999999999999"}}`, []string{list, getP}, "", denied},
		"some of a file":          {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":2}`, []string{getK}, "1\n2\n", ""},
		"a limit that is a text":  {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":"1"}`, []string{getK}, "1\n", ""},
		"a limit that is broken":  {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":1.5}`, []string{getK}, "", "States.Runtime: " + during + `The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.max`},
		"a limit below zero":      {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":-1}`, []string{getK}, "", "States.ItemReaderFailed: field MaxItems must be positive"},
		"a limit beyond all":      {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":1e300}`, []string{getK}, "1\n2\n3\n", ""},
		"a bucket that is a list": {jsonPathLanguage, getJSON, `{"bucket":[],"key":"k","max":1}`, []string{getK}, "", "States.Runtime: " + during + "The value of the field 'Bucket' has an invalid format: []"},
		"no such path":            {jsonPathLanguage, getJSON, `{"bucket":"shop","max":1}`, []string{getK}, "", "States.Runtime: " + during},
		"no such bucket":          {jsonPathLanguage, getJSON, `{"bucket":"none","key":"k","max":1}`, []string{getK}, "", "States.ItemReaderFailed: The specified bucket does not exist"},
		"no such key":             {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"j","max":1}`, []string{"s3:GetObject arn:aws:s3:::shop/j", list}, "", "States.ItemReaderFailed: The specified key does not exist."},
		"no right to read":        {jsonPathLanguage, getJSON, `{"bucket":"shop","key":"k","max":1}`, nil, "", denied},
		"no right to a version":   {jsonPathLanguage, version, `{"bucket":"shop","key":"k"}`, []string{getK}, "", denied},
		"what is in a list":       {jsonataLanguage, jsonata, `{"place":{"Bucket":"shop","Prefix":"p/"}}`, []string{list, getP, "s3:GetObject arn:aws:s3:::shop/p/2"}, "1\n2\n3\n", ""},
		"no right to list":        {jsonataLanguage, jsonata, `{"place":{"Bucket":"shop","Prefix":"p/"}}`, []string{getP}, "", denied},
		"no right to one of them": {jsonataLanguage, jsonata, `{"place":{"Bucket":"shop","Prefix":"p/"}}`, []string{list, getP}, "1\n2\n", denied},
		"what is no place":        {jsonataLanguage, jsonata, `{"place":"shop"}`, nil, "", "States.Runtime: " + during + "The Arguments of the state must be an object but were: shop"},
		"a place without bucket":  {jsonataLanguage, jsonata, `{"place":{"Prefix":"p/"}}`, nil, "", "States.Runtime: " + during + "The field 'Bucket' is required but was missing"},
		"a place that is unknown": {jsonataLanguage, jsonata, `{"place":{"Bucket":"shop","Key":"k"}}`, nil, "", "States.Runtime: " + during + "The field 'Key' is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			v := visiting(t, row.in, row.input, objects, row.allowed...)
			got, f := readItems(v, parseReader(t, row.in, row.reader))
			failure := ""
			if f != nil {
				failure = f.Error()
			}
			if got != row.want || !strings.HasPrefix(failure, row.failure) || (failure == "") != (row.failure == "") {
				t.Errorf("%q, %s\nwant %q, %s", got, failure, row.want, row.failure)
			}
		})
	}
}
