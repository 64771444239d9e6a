package cfn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// labelled are resources with tags, as they were made last: by logical id, sorted.
type labelled struct {
	*world
	tags map[string]string
}

func newLabelled() *labelled { return &labelled{newWorld(), map[string]string{}} }

func (w *labelled) types() map[string]Type {
	all := w.world.types()
	list := func(name string) {
		type p struct {
			Broken bool
			Tags   []Tag
		}
		make := func(r Resource, p p) (Handle, error) {
			var texts []string
			for _, t := range p.Tags {
				texts = append(texts, t.Key+"="+t.Value)
			}
			slices.Sort(texts)
			if p.Broken {
				return Handle{}, errors.New("it is broken")
			}
			w.tags[r.LogicalID] = strings.Join(texts, " ")
			return Handle{Ref: r.LogicalID}, nil
		}
		all[name] = Define(name, func(_ context.Context, r Resource, p p) (Handle, error) { return make(r, p) },
			Update(func(_ context.Context, r Resource, _ Handle, _, p p) (Handle, error) { return make(r, p) }))
	}
	list("AWS::S3::Bucket")
	list("AWS::IAM::Role")
	type untagged struct{ TopicName string }
	all["AWS::SNS::Topic"] = Define("AWS::SNS::Topic", func(_ context.Context, r Resource, _ untagged) (Handle, error) {
		return Handle{Ref: r.LogicalID}, nil
	})
	type mapped struct{ Tags map[string]string }
	all["AWS::SSM::Parameter"] = Define("AWS::SSM::Parameter", func(_ context.Context, r Resource, p mapped) (Handle, error) {
		w.tags[r.LogicalID] = fmt.Sprint(p.Tags)
		return Handle{Ref: r.LogicalID}, nil
	})
	return all
}

func (w *labelled) stack(t *testing.T, template string, tags ...Tag) *Stack {
	s := w.world.stack(t, template)
	s.Tags = tags
	return s
}

func (w *labelled) create(t *testing.T, s *Stack) {
	t.Helper()
	var err error
	if w.Created, err = s.Create(t.Context(), w.types()); err != nil {
		t.Fatal(err)
	}
	w.steps = nil
}

func of(id, typeName, properties string) string {
	return fmt.Sprintf(`%q: {"Type": %q, "Properties": {%s}}`, id, typeName, properties)
}

func TestAResourceGetsTheTagsOfItsStack(t *testing.T) {
	w := newLabelled()
	s := w.stack(t, template(
		of("Bucket", "AWS::S3::Bucket", `"Tags": [{"Key": "team", "Value": "own"}, {"Key": "more", "Value": "1"}]`), of("Plain", "AWS::S3::Bucket", ``),
		of("Role", "AWS::IAM::Role", ``), of("Map", "AWS::SSM::Parameter", `"Tags": {"team": "own"}`),
		of("Topic", "AWS::SNS::Topic", ``), queueOf("Queue", ``), of("Custom", "Custom::Thing", `"Id": 1`),
	), Tag{"team", "blue"}, Tag{"stage", "dev"})
	w.create(t, s)
	system := "aws:cloudformation:logical-id=%s aws:cloudformation:stack-id=" + s.ID() + " aws:cloudformation:stack-name=app "
	want := map[string]string{
		"Bucket": fmt.Sprintf(system, "Bucket") + "more=1 stage=dev team=own",
		"Plain":  fmt.Sprintf(system, "Plain") + "stage=dev team=blue",
		"Role":   "stage=dev team=blue",
		"Map":    "map[aws:cloudformation:logical-id:Map aws:cloudformation:stack-id:" + s.ID() + " aws:cloudformation:stack-name:app stage:dev team:own]",
	}
	if !maps.Equal(w.tags, want) {
		t.Errorf("the tags are %q\nwant         %q", w.tags, want)
	}
	if custom := w.there["Custom-1"]; custom != `{"Id":1}` {
		t.Errorf("a custom resource, which has no tags, was given %s", custom)
	}
}

func TestTagsOfAStackAreUpdatedInPlaceAndRolledBack(t *testing.T) {
	w := newLabelled()
	role, queue, topic := of("Role", "AWS::IAM::Role", `"Tags": [{"Key": "own", "Value": "1"}]`), queueOf("Queue", ``), of("Topic", "AWS::SNS::Topic", ``)
	w.create(t, w.stack(t, template(role, queue, topic), Tag{"team", "blue"}))
	if err := w.Update(t.Context(), w.stack(t, template(role, queue, topic), Tag{"team", "red"})); err != nil {
		t.Fatal(err)
	}
	if w.tags["Role"] != "own=1 team=red" {
		t.Errorf("then the role has %s", w.tags["Role"])
	}
	name := strings.TrimPrefix(physical("Queue", 0), "app-")
	w.told(t, "Queue UPDATE_IN_PROGRESS "+name, "Queue UPDATE_COMPLETE "+name, "Role UPDATE_IN_PROGRESS Role", "Role UPDATE_COMPLETE Role")
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || w.tags["Role"] != "own=1 team=blue" {
		t.Errorf("after the rollback it has %s, %v", w.tags["Role"], err)
	}
	// What failed with other tags has nobody's, and gets its own again.
	broken := of("Role", "AWS::IAM::Role", `"Broken": true, "Tags": [{"Key": "own", "Value": "1"}]`)
	if err := w.Update(t.Context(), w.stack(t, template(broken, queue, topic), Tag{"team", "red"})); err == nil {
		t.Fatal("what is broken was updated")
	}
	w.tags["Role"] = "some of them"
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || w.tags["Role"] != "own=1 team=blue" {
		t.Errorf("after the update that failed it has %s, %v", w.tags["Role"], err)
	}
}

func TestAPlanTellsOfTagsOfTheStack(t *testing.T) {
	w := newLabelled()
	role, topic := of("Role", "AWS::IAM::Role", `"Tags": [{"Key": "own", "Value": "1"}]`), of("Topic", "AWS::SNS::Topic", ``)
	w.create(t, w.stack(t, template(role, topic), Tag{"team", "blue"}))
	for _, row := range []struct {
		name string
		tags []Tag
		role string
		want string
	}{
		{"none", []Tag{{"team", "blue"}}, role, "[] true"},
		{"the stack's", []Tag{{"team", "red"}}, role, "[Role [Tags] [{Tags  Never Static DirectModification }]] false"},
		{"no more", nil, role, "[Role [Tags] [{Tags  Never Static DirectModification }]] false"},
		{"the role's own", []Tag{{"team", "blue"}}, strings.Replace(role, "1", "2", 1), "[Role [Properties] [{Properties Tags Never Static DirectModification }]] false"},
	} {
		plan, err := w.Plan(w.stack(t, template(row.role, topic), row.tags...))
		var got []string
		for _, c := range plan.Changes {
			got = append(got, fmt.Sprint(c.LogicalID, " ", c.Scope, " ", c.Details))
		}
		if text := fmt.Sprint(got, " ", plan.Empty()); err != nil || text != row.want {
			t.Errorf("%s: got %s, %v, want %s", row.name, text, err, row.want)
		}
	}
	// Another order of the same tags is no update, and neither is one of no resource.
	w.create(t, w.stack(t, template(topic), Tag{"a", "1"}, Tag{"b", "2"}))
	for want, tags := range map[bool][]Tag{true: {{"b", "2"}, {"a", "1"}}, false: {{"a", "1"}}} {
		if plan, err := w.Plan(w.stack(t, template(topic), tags...)); err != nil || plan.Empty() != want {
			t.Errorf("with %v the plan is empty: %t, %v", tags, plan.Empty(), err)
		}
	}
}

func TestSomeTypesAreNotToldWhoseTheyAre(t *testing.T) {
	s := Stack{Name: "app", Tags: []Tag{{"key", "value"}}}
	for name, want := range map[string]int{
		"AWS::IAM::Role": 1, "AWS::CloudFormation::Stack": 1, "AWS::DynamoDB::Table": 1, "AWS::KMS::Key": 1, "AWS::SQS::Queue": 4, "AWS::Logs::MetricFilter": 0,
	} {
		if got := s.tags(Inert(name, nil), Resource{Type: name}); len(got) != want {
			t.Errorf("%s gets %v", name, got)
		}
	}
}
