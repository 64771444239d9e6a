package simulation

// This file proves, without a property of the assembly's own, that it may be told
// things more than once: what is in its tables and buckets in the end is the same.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Redelivery is every delivery coming two to five times, some of them late, Express
// executions that nobody waits for running twice, and messages of queues coming again
// and again, late, in any order, and to several receivers at once. Messages of a FIFO
// queue keep their order in their group, as AWS has them do. Nothing else fails.
func Redelivery() Rates {
	return Rates{Repeated: 1, Late: 0.5, Twice: 1, Forgotten: 0.5, Cut: 0.3, Shuffled: 1, Expired: 0.3}
}

// Idempotent runs the scenario undisturbed, and then for each seed with Redelivery
// in place of the options' faults. In the end the tables have to have the same items
// and the buckets the same objects: but for what differs between two undisturbed
// runs as well, such as times and ids that are drawn.
//
// What is handed over at once comes in any order. Of a system that rightly goes by
// the order (the first one gets the last chair) the scenario hands over what has
// none, or waits in between until all is quiet.
//
// The scenario need not look at anything: it hands over, and waits until all is quiet.
// If nothing could come again, late or in another order, t has failed: nothing is proved.
func Idempotent(t *testing.T, seeds []uint64, o Options) Summary {
	t.Helper()
	if o = redelivered(t, o); t.Failed() {
		return Summary{}
	}
	s := Explore(t, seeds, o)
	if s.Seeds > 0 && !s.redelivered() {
		t.Error("nothing came again, late or in another order: nothing is proved")
	}
	return s
}

// redelivered tells whether something of Redelivery hit.
func (s Summary) redelivered() bool {
	return slices.ContainsFunc(Redelivery().kinds(), func(kind Kind) bool { return kind != Cut && s.Faults[kind] > 0 })
}

// redelivered are the options with Redelivery, and with a scenario that compares what
// is there in its end with what is there if nothing happens.
func redelivered(t *testing.T, o Options) Options {
	t.Helper()
	scenario, whole := o.Scenario, part{}.key()
	wanted := map[string]state{whole: o.undisturbed(t)} // by the part of the scenario: each runs undisturbed first
	o.Faults, o.sparing = Redelivery(), true
	o.Scenario = func(ctx context.Context, w *World) error {
		found := state{}
		if err := found.after(scenario)(ctx, w); err != nil {
			return err
		}
		part := w.run.diary.part.key()
		if wanted[part] == nil {
			wanted[part] = found.varyAs(wanted[whole])
			return nil
		}
		return wanted[part].compare(found)
	}
	return o
}

// undisturbed is what is kept in the end if nothing happens, with the members that
// are others in a run of another seed, more than a year later.
func (o Options) undisturbed(t *testing.T) (kept state) {
	t.Helper()
	scenario := o.Scenario
	o.Faults = nil
	for i, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprintf("undisturbed %d", i+1), func(t *testing.T) {
			found := state{}
			o.Scenario = found.after(scenario)
			o.later = time.Duration(i) * (400*24*time.Hour + 3*time.Hour + 2*time.Minute + time.Second)
			if r := Run(t, seed, o); r.Err != nil {
				t.Fatal(r.Err)
			}
			if i == 0 {
				kept = found
			} else {
				kept.settleFor(found)
			}
		})
	}
	return kept
}

// state is what is kept, by the place (a table or a bucket): what each item or
// object is, by its members.
type state map[string]*place

type place struct {
	things []thing
	vary   map[string]bool // members that differ from run to run
}

// thing is an item by its attributes, or an object by its key and content.
type thing map[string]string

// after makes a scenario that looks at what is kept in its end.
func (s state) after(scenario func(context.Context, *World) error) func(context.Context, *World) error {
	return func(ctx context.Context, w *World) error {
		if err := scenario(ctx, w); err != nil {
			return err
		}
		w.Calm()
		return s.read(ctx, w)
	}
}

func (s state) read(ctx context.Context, w *World) error {
	return errors.Join(s.readTables(ctx, w), s.readBuckets(ctx, w))
}

func (s state) readTables(ctx context.Context, w *World) error {
	client := dynamodb.NewFromConfig(w.AWS())
	for tables := dynamodb.NewListTablesPaginator(client, &dynamodb.ListTablesInput{}); tables.HasMorePages(); {
		page, err := tables.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.TableNames {
			if err := s.at("table "+name).readTable(ctx, w, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTable reads items in DynamoDB's own JSON.
func (p *place) readTable(ctx context.Context, w *World, name string) error {
	c := w.Engine.Cloud
	scan := map[string]any{"TableName": name, "ConsistentRead": true}
	for {
		var page struct {
			Items            []map[string]json.RawMessage
			LastEvaluatedKey map[string]json.RawMessage
		}
		if err := c.Do(ctx, c.Administrator(), "dynamodb", "Scan", scan, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			t := thing{}
			for name, value := range item {
				t[name] = string(canonical(value))
			}
			p.things = append(p.things, t)
		}
		if page.LastEvaluatedKey == nil {
			return nil
		}
		scan["ExclusiveStartKey"] = page.LastEvaluatedKey
	}
}

func (s state) readBuckets(ctx context.Context, w *World) error {
	client := s3.NewFromConfig(w.AWS(), func(o *s3.Options) { o.UsePathStyle = true })
	buckets, err := client.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return err
	}
	for _, bucket := range buckets.Buckets {
		p := s.at("bucket " + *bucket.Name)
		for objects := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket.Name}); objects.HasMorePages(); {
			page, err := objects.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, object := range page.Contents {
				content, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket.Name, Key: object.Key})
				if err != nil {
					return err
				}
				hash := sha256.New()
				if _, err := io.Copy(hash, content.Body); err != nil {
					return err
				}
				p.things = append(p.things, thing{"key": *object.Key, "content": hex.EncodeToString(hash.Sum(nil)[:8])})
			}
		}
	}
	return nil
}

func (s state) at(name string) *place {
	if s[name] == nil {
		s[name] = &place{vary: map[string]bool{}}
	}
	return s[name]
}

// settleFor notes which members differ from another run in which nothing happened
// either.
func (s state) settleFor(other state) {
	for name, p := range s {
		for _, member := range p.members() {
			if !slices.Equal(p.column(member), other.at(name).column(member)) {
				p.vary[member] = true
			}
		}
	}
}

// varyAs lets the members differ that differ in another state.
func (s state) varyAs(other state) state {
	for name, p := range other {
		s.at(name).vary = p.vary
	}
	return s
}

func (p *place) members() []string {
	all := map[string]bool{}
	for _, t := range p.things {
		for member := range t {
			all[member] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// column are the values of a member, in order.
func (p *place) column(member string) []string {
	var values []string
	for _, t := range p.things {
		values = append(values, t[member])
	}
	slices.Sort(values)
	return values
}

// compare tells what is there more or less often than it was in the undisturbed run.
func (s state) compare(found state) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(s)) {
		want, got := s[name].count(s[name].vary), found.at(name).count(s[name].vary)
		for _, t := range slices.Sorted(maps.Keys(want)) {
			if got[t] != want[t] {
				faults = append(faults, fmt.Errorf("%s: %d instead of %d of %s", name, got[t], want[t], t))
			}
		}
		for _, t := range slices.Sorted(maps.Keys(got)) {
			if want[t] == 0 {
				faults = append(faults, fmt.Errorf("%s: %d instead of 0 of %s", name, got[t], t))
			}
		}
	}
	return errors.Join(faults...)
}

// count counts what is there, by its members but for those that vary.
func (p *place) count(vary map[string]bool) map[string]int {
	counts := map[string]int{}
	for _, t := range p.things {
		var members []string
		for _, member := range slices.Sorted(maps.Keys(t)) {
			if !vary[member] {
				members = append(members, member+"="+t[member])
			}
		}
		counts[strings.Join(members, " ")]++
	}
	return counts
}
