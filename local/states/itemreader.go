// This file is the ItemReader of a distributed Map: it reads the items out of S3
// as the state machine's role.

package states

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/states/items"
)

const errItemReader = "States.ItemReaderFailed"

// The resources of an ItemReader.
const (
	readsObject = "arn:aws:states:::s3:getObject"
	listsBucket = "arn:aws:states:::s3:listObjectsV2"
)

// maxItemsRead is the most that MaxItems may be.
const maxItemsRead = 100_000_000

type itemReader struct {
	source    items.Source
	arguments *expression
	max       *setting // MaxItems
}

// itemReader reads the field, and returns nil if there is none.
func (p *parser) itemReader(f fields, in language) *itemReader {
	value, ok := f.take("ItemReader")
	if !ok {
		return nil
	}
	reader := object(&p.faults, f.at("ItemReader"), value)
	r := &itemReader{}
	switch name := reader.required("Resource"); name {
	case readsObject:
	case listsBucket:
		r.source.Lists = true
	case "":
	default:
		reader.complain("Resource", "must be %s or %s, not %q", readsObject, listsBucket, name).aws.message =
			"The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2]"
	}
	r.config(p, reader, in)
	r.arguments = reader.objectArguments(in, r.places()...)
	reader.done("an ItemReader")
	return r
}

// places are the parameters that say where the items are. AWS reads no version of
// a Parquet file.
func (r *itemReader) places() []string {
	if r.source.Lists {
		return []string{"Bucket", "Prefix", "StartAfter", "ExpectedBucketOwner"}
	}
	if r.source.InputType == items.Parquet {
		return []string{"Bucket", "Key", "ExpectedBucketOwner"}
	}
	return []string{"Bucket", "Key", "VersionId", "ExpectedBucketOwner"}
}

// objectArguments reads Parameters, or Arguments in JSONata, as far as they are
// written out: they may have these members, of which the first is required.
func (f fields) objectArguments(in language, members ...string) *expression {
	name := "Parameters"
	if in == jsonataLanguage {
		name = "Arguments"
	}
	value, given := f.values.Get(name)
	if !given {
		f.lacks(name)
		return nil
	}
	if written, ok := value.(*jsonvalue.Object); ok {
		of := object(f.faults, f.at(name), written)
		for member := range written.Names() {
			if !slices.Contains(members, strings.TrimSuffix(member, ".$")) {
				of.complain(member, "is not one of %s", strings.Join(members, ", ")).aws.message = "Field '" + member + "' is not supported"
			}
		}
		if !written.Has(members[0]) && !written.Has(members[0]+".$") {
			of.lacks(members[0])
		}
	}
	return f.template(name, in)
}

// config reads ReaderConfig.
func (r *itemReader) config(p *parser, reader fields, in language) {
	value, ok := reader.take("ReaderConfig")
	if !ok {
		if !r.source.Lists {
			reader.lacks("ReaderConfig")
		}
		return
	}
	c := object(&p.faults, reader.at("ReaderConfig"), value)
	r.max = c.setting("MaxItems", in, wholeNumber(0, maxItemsRead))
	r.source.Flattens = c.choice("Transformation", "NONE", "LOAD_AND_FLATTEN") == "LOAD_AND_FLATTEN"
	r.source.InputType = c.choice("InputType", items.Manifest, items.JSON, items.CSV, items.JSONL, items.Parquet)
	if r.source.Flattens && !r.source.Lists {
		c.complain("Transformation", "LOAD_AND_FLATTEN is for %s", listsBucket)
	}
	r.manifest(c)
	if r.source.InputType == "" && r.source.ManifestType != items.Inventory && (r.source.Flattens || !r.source.Lists) {
		c.lacks("InputType")
	}
	r.pointer(c)
	r.table(c)
	c.done("a ReaderConfig")
}

// manifest reads what the file lists. One that is only called a manifest is an
// inventory.
func (r *itemReader) manifest(c fields) {
	kind, input := c.choice("ManifestType", items.Unloaded, items.Inventory), r.source.InputType
	switch {
	case r.source.Lists && (kind != "" || input == items.Manifest):
		c.complain("ManifestType", "is for %s", readsObject)
	case kind == items.Inventory && input != "":
		c.complain("InputType", "must not be given where the ManifestType is S3_INVENTORY")
	case kind == items.Unloaded && input != items.CSV && input != items.JSONL && input != items.Parquet:
		c.complain("InputType", "must be CSV, JSONL or PARQUET where the ManifestType is ATHENA_DATA")
	case input == items.Manifest:
		kind = items.Inventory
	}
	r.source.ManifestType = kind
}

// pointer reads where in a JSON document the items are.
func (r *itemReader) pointer(c fields) {
	pointer := c.text("ItemsPointer")
	r.source.ItemsPointer = pointer
	switch {
	case pointer == "":
	case r.source.InputType != items.JSON:
		c.complain("ItemsPointer", "is for the InputType JSON")
	case !strings.HasPrefix(pointer, "/") || len(pointer) >= 2000:
		c.complain("ItemsPointer", "must be a JSON Pointer of less than 2,000 characters")
	}
}

// table reads how CSV is written.
func (r *itemReader) table(c fields) {
	t := &r.source.Table
	isCSV := r.source.InputType == items.CSV
	if (c.has("CSVHeaderLocation") || c.has("CSVHeaders") || c.has("CSVDelimiter")) && !isCSV && r.source.ManifestType != items.Inventory {
		c.complain("InputType", "must be CSV or MANIFEST where there are CSV headers or delimiters")
	}
	t.Delimiter, _ = items.Delimiter(c.choice("CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"))
	location := c.choice("CSVHeaderLocation", "FIRST_ROW", "GIVEN")
	if isCSV && location == "" {
		c.lacks("CSVHeaderLocation")
	}
	t.Given = location == "GIVEN"
	for _, header := range c.list("CSVHeaders", t.Given) {
		text, ok := header.(string)
		if !ok {
			c.complain("CSVHeaders", "must be strings, not %s", jsonvalue.KindOf(header))
		}
		t.Headers = append(t.Headers, text)
	}
	if len(t.Headers) > 0 && !t.Given {
		c.complain("CSVHeaders", "is for the CSVHeaderLocation GIVEN")
	}
}

// choice returns a text that must be one of a few, or "" if it is absent.
func (f fields) choice(name string, values ...string) string {
	value := f.text(name)
	if f.has(name) && !slices.Contains(values, value) {
		f.complain(name, "must be one of %s, not %q", strings.Join(values, ", "), value).aws.message =
			"The field '" + name + "' should have one of these values: [" + strings.Join(values, ", ") + "]"
	}
	return value
}

// open begins to read the items.
func (r *itemReader) open(ctx context.Context, v *visit, input any) (*itemStream, *failure) {
	place, f := r.place(ctx, v, input)
	if f != nil {
		return nil, f
	}
	return streamOf(r.source.Read(ctx, v.objects(), v.execution.machine.states.cloud.Account, place)), nil
}

// place evaluates where the items are.
func (r *itemReader) place(ctx context.Context, v *visit, input any) (items.Place, *failure) {
	arguments, f := r.arguments.object(ctx, v, input)
	if f != nil {
		return items.Place{}, f
	}
	place := items.Place{
		Bucket: arguments.text("Bucket"), Key: arguments.text("Key"), VersionID: arguments.text("VersionId"),
		Prefix: arguments.text("Prefix"), StartAfter: arguments.text("StartAfter"),
		ExpectedBucketOwner: arguments.text("ExpectedBucketOwner"),
	}
	arguments.only(r.places()...)
	if arguments.failure != nil {
		return items.Place{}, arguments.failure
	}
	place.Max, f = r.limit(ctx, v, input)
	return place, f
}

// objects is S3 as the state machine's role sees it.
func (v *visit) objects() *s3.Client {
	return v.execution.machine.states.options.Objects.As(v.execution.revision.caller, s3.Origin{UserAgent: principal})
}

// limit evaluates MaxItems. What is negative fails the reading, and not the state.
func (r *itemReader) limit(ctx context.Context, v *visit, input any) (int, *failure) {
	if r.max == nil {
		return 0, nil
	}
	value, f := r.max.value(ctx, v, input)
	if f != nil {
		return 0, f
	}
	n, ok := jsonvalue.Float(value)
	if text, isText := value.(string); isText {
		whole, err := strconv.Atoi(text)
		n, ok = float64(whole), err == nil
	}
	if !ok || n != math.Trunc(n) {
		return 0, r.max.refuse(v, value, "number", "integer")
	}
	return int(max(-1, min(n, maxItemsRead))), nil
}

// An itemStream gives the items one by one.
type itemStream struct {
	pull func() (items.Item, error, bool)
	stop func()
}

func streamOf(read iter.Seq2[items.Item, error]) *itemStream {
	s := &itemStream{}
	s.pull, s.stop = iter.Pull2(read)
	return s
}

// next returns the next item; ok is false behind the last one.
func (s *itemStream) next() (item items.Item, ok bool, f *failure) {
	item, err, ok := s.pull()
	var fault *items.Fault
	if errors.As(err, &fault) {
		return items.Item{}, false, &failure{name: errItemReader, cause: fault.Cause}
	}
	return item, ok, nil
}

// close lets go of what is being read.
func (s *itemStream) close() { s.stop() }

// placement is evaluated parameters that say where something is in S3.
type placement struct {
	visit   *visit
	values  *jsonvalue.Object
	failure *failure // the first there was
}

// object evaluates parameters, which must be an object.
func (e *expression) object(ctx context.Context, v *visit, input any) (*placement, *failure) {
	value, f := e.eval(ctx, v, input)
	if f != nil {
		return nil, f
	}
	values, ok := value.(*jsonvalue.Object)
	if !ok {
		return nil, v.failed(errRuntime, "The %s of the state must be an object but were: %s", e.field, written(value))
	}
	return &placement{visit: v, values: values}, nil
}

// text returns a member that must be a text if it is there.
func (p *placement) text(name string) string {
	value, given := p.values.Get(name)
	text, ok := value.(string)
	if given && !ok && p.failure == nil {
		p.failure = p.visit.failed(errRuntime, "The value of the field '%s' has an invalid format: %s", name, written(value))
	}
	return text
}

// only refuses members that have no meaning, and a place without a bucket.
func (p *placement) only(names ...string) {
	for name := range p.values.Names() {
		if !slices.Contains(names, name) && p.failure == nil {
			p.failure = p.visit.failed(errRuntime, "The field '%s' is not supported", name)
		}
	}
	if !p.values.Has("Bucket") && p.failure == nil {
		p.failure = p.visit.failed(errRuntime, "The field 'Bucket' is required but was missing")
	}
}
