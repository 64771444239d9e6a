package usagekeys

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// gateway keeps keys by value, as API Gateway does; imports, lists and
// removals fail as often as they are told.
type gateway struct {
	keys    map[string]types.ApiKey // by value
	plans   map[string]string       // of a value
	imports []int                   // how many keys each brought
	pages   int
	removed int

	failing   int            // calls to fail with an error
	throttled map[string]int // calls to fail with throttling, by action
	warnings  []string
}

func newGateway() *gateway {
	return &gateway{keys: make(map[string]types.ApiKey), plans: make(map[string]string), throttled: make(map[string]int)}
}

func (g *gateway) trouble(action string) error {
	switch {
	case g.throttled[action] > 0:
		g.throttled[action]--
		return &types.TooManyRequestsException{Message: aws.String("Too Many Requests")}
	case g.failing > 0:
		g.failing--
		return &types.BadRequestException{Message: aws.String("no")}
	}
	return nil
}

func (g *gateway) ImportApiKeys(_ context.Context, in *apigateway.ImportApiKeysInput, _ ...func(*apigateway.Options)) (*apigateway.ImportApiKeysOutput, error) {
	if err := g.trouble("ImportApiKeys"); err != nil {
		return nil, err
	}
	records, err := csv.NewReader(strings.NewReader(string(in.Body))).ReadAll()
	if err != nil || in.Format != types.ApiKeysFormatCsv || !slices.Equal(records[0], []string{"Name", "Key", "Enabled", "UsagePlanIds"}) {
		return nil, fmt.Errorf("not as AWS has it: %q, %v", records, err)
	}
	output := &apigateway.ImportApiKeysOutput{Warnings: g.warnings}
	for _, record := range records[1:] {
		if record[2] != "true" {
			return nil, errors.New("it is off")
		}
		if len(g.warnings) > 0 {
			continue
		}
		id := fmt.Sprintf("id%d", len(g.keys))
		if before, there := g.keys[record[1]]; there {
			id = *before.Id
		}
		g.keys[record[1]] = types.ApiKey{Id: aws.String(id), Name: aws.String(record[0]), CreatedDate: aws.Time(time.Now())}
		g.plans[record[1]] = record[3]
		output.Ids = append(output.Ids, id)
	}
	g.imports = append(g.imports, len(records)-1)
	return output, nil
}

func (g *gateway) GetApiKeys(_ context.Context, in *apigateway.GetApiKeysInput, _ ...func(*apigateway.Options)) (*apigateway.GetApiKeysOutput, error) {
	if err := g.trouble("GetApiKeys"); err != nil {
		return nil, err
	}
	g.pages++
	all := slices.SortedFunc(maps.Values(g.keys), func(a, b types.ApiKey) int { return strings.Compare(*a.Name, *b.Name) })
	output := &apigateway.GetApiKeysOutput{}
	for _, key := range all {
		// A wider reading of "name query" than the beginning of a name.
		if strings.Contains(*key.Name, *in.NameQuery) && *key.Name > aws.ToString(in.Position) {
			if len(output.Items) == int(*in.Limit) {
				output.Position = output.Items[len(output.Items)-1].Name
				break
			}
			output.Items = append(output.Items, key)
		}
	}
	return output, nil
}

func (g *gateway) DeleteApiKey(_ context.Context, in *apigateway.DeleteApiKeyInput, _ ...func(*apigateway.Options)) (*apigateway.DeleteApiKeyOutput, error) {
	if err := g.trouble("DeleteApiKey"); err != nil {
		return nil, err
	}
	for value, key := range g.keys {
		if *key.Id == *in.ApiKey {
			delete(g.keys, value)
			g.removed++
			return &apigateway.DeleteApiKeyOutput{}, nil
		}
	}
	return nil, &types.NotFoundException{}
}

func (g *gateway) names() []string {
	var names []string
	for _, key := range g.keys {
		names = append(names, *key.Name)
	}
	slices.Sort(names)
	return names
}

func newRing(g *gateway) *Ring {
	return &Ring{APIGateway: g, Prefix: "prod/partners/", Plans: map[string]string{"standard": "plan1", "gold": "plan2"}}
}

func (r *Ring) mustKey(partner, tier string) Key {
	key, ok := r.Key(partner, tier)
	if !ok {
		panic(tier)
	}
	return key
}

// Whoever tries again finds what was made, and another plan is another key: a
// key that changed plans would be refused in between.
func TestAKeyFollowsFromThePartnerAndThePlan(t *testing.T) {
	r := newRing(nil)
	key := r.mustKey("acme", "gold")
	if key.Name != "prod/partners/acme/plan2" || key.Plan != "plan2" || key != r.mustKey("acme", "gold") {
		t.Errorf("key %+v", key)
	}
	if key.Value != "d5b53b91a48b4cfbda38cea0a5559205ddb223d6" {
		t.Errorf("the keys that there are have other values than %s", key.Value)
	}
	values := map[string]bool{key.Value: true, r.mustKey("acme", "standard").Value: true, r.mustKey("globex", "gold").Value: true}
	r.Prefix = "test/partners/"
	values[r.mustKey("acme", "gold").Value] = true
	if len(values) != 4 {
		t.Error("two keys share a value")
	}
	for value := range values {
		if !regexp.MustCompile(`^[a-z0-9]{20,128}$`).MatchString(value) {
			t.Errorf("API Gateway does not take the value %q", value)
		}
	}
	if _, ok := r.Key("acme", "silver"); ok || r.Tiers() != "gold, standard" {
		t.Errorf("tiers %s", r.Tiers())
	}
}

func TestKeysAreMadeInTheirPlansSomeHundredsAtOnce(t *testing.T) {
	g := newGateway()
	r := newRing(g)
	var keys []Key
	for n := range 1001 {
		keys = append(keys, r.mustKey(fmt.Sprintf("p%04d", n), []string{"standard", "gold"}[n%2]))
	}
	for range 2 { // again, to no effect
		g.imports = nil
		if err := r.Make(t.Context(), keys); err != nil || !slices.Equal(g.imports, []int{500, 500, 1}) || len(g.keys) != 1001 {
			t.Fatalf("%v, %d keys in %v", err, len(g.keys), g.imports)
		}
	}
	for n, key := range keys {
		if g.plans[key.Value] != []string{"plan1", "plan2"}[n%2] || *g.keys[key.Value].Name != key.Name {
			t.Fatalf("%+v is in %s as %s", key, g.plans[key.Value], *g.keys[key.Value].Name)
		}
	}
}

func TestAThrottledCallIsMadeAgainAndARefusedOneIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		r := newRing(g)
		g.throttled["ImportApiKeys"] = 7
		if err := r.Make(t.Context(), []Key{r.mustKey("acme", "gold")}); err != nil || len(g.keys) != 1 {
			t.Errorf("throttled: %v", err)
		}
		g.failing = 1
		if err := r.Make(t.Context(), []Key{r.mustKey("acme", "gold")}); err == nil || !strings.Contains(err.Error(), "prod/partners/acme/plan2") {
			t.Errorf("refused: %v", err)
		}
		g.warnings = []string{"plan2 is unknown"}
		if err := r.Make(t.Context(), []Key{r.mustKey("globex", "gold")}); err == nil || !strings.Contains(err.Error(), "plan2 is unknown") {
			t.Errorf("what is not made is not said: %v", err)
		}
		g.throttled["GetApiKeys"], g.throttled["DeleteApiKey"] = 3, 4
		if removed, all, err := r.Empty(t.Context()); err != nil || removed != 1 || all != 1 || len(g.keys) > 0 {
			t.Errorf("%d of %d are removed, %v", removed, all, err)
		}
	})
}

// The error of a full account has the type of one that is worth another
// attempt, and is not.
func TestAFullAccountIsAnErrorAtOnce(t *testing.T) {
	r := newRing(nil)
	r.APIGateway = full{}
	if err := r.Make(t.Context(), []Key{r.mustKey("acme", "gold")}); err == nil || !strings.Contains(err.Error(), "as many API keys as AWS lets it have: 10000") {
		t.Errorf("got %v", err)
	}
}

type full struct{ APIGateway }

func (full) ImportApiKeys(context.Context, *apigateway.ImportApiKeysInput, ...func(*apigateway.Options)) (*apigateway.ImportApiKeysOutput, error) {
	return nil, &types.LimitExceededException{Message: aws.String("10000")}
}

func TestWhatIsMissingIsMadeAndWhatNobodyNeedsIsRemovedUnlessItIsYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		r := newRing(g)
		all := []Key{r.mustKey("wanted", "gold"), r.mustKey("kept", "gold"), r.mustKey("gone", "gold"), r.mustKey("old", "standard")}
		foreign := Key{Name: "other/prod/partners/x/plan2", Value: "a-foreign-value-of-somebody", Plan: "plan2"}
		if err := r.Make(t.Context(), append(all, foreign)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if err := r.Make(t.Context(), []Key{r.mustKey("young", "gold")}); err != nil {
			t.Fatal(err)
		}
		updated := g.keys[all[3].Value]
		updated.LastUpdatedDate = aws.Time(time.Now())
		g.keys[all[3].Value] = updated
		mend := func() (int, error) {
			return r.Mend(t.Context(), time.Hour, func() ([]Key, []string, error) {
				if g.pages == 0 {
					t.Error("what is needed is asked before the keys are listed")
				}
				return []Key{all[0], r.mustKey("missing", "standard")}, []string{all[0].Value, all[1].Value, ""}, nil
			})
		}
		want := []string{
			"other/prod/partners/x/plan2", "prod/partners/kept/plan2", "prod/partners/missing/plan1", "prod/partners/old/plan1",
			"prod/partners/wanted/plan2", "prod/partners/young/plan2",
		}
		if removed, err := mend(); err != nil || removed != 1 || !slices.Equal(g.names(), want) {
			t.Errorf("%d removed, %v: %q", removed, err, g.names())
		}
		if !slices.Equal(g.imports[len(g.imports)-1:], []int{1}) {
			t.Errorf("imports %v: what is there is made again", g.imports)
		}
		time.Sleep(time.Hour)
		if removed, err := mend(); err != nil || removed != 2 {
			t.Errorf("an hour later %d are removed, %v", removed, err)
		}
		_, err := r.Mend(t.Context(), time.Hour, func() ([]Key, []string, error) { return nil, nil, errors.New("broken") })
		if err == nil || len(g.keys) != 4 {
			t.Errorf("without knowing what is needed, %d are left, %v", len(g.keys), err)
		}
	})
}

func TestARingIsEmptiedPageByPageAndSaysHowFarItCame(t *testing.T) {
	g := newGateway()
	r := newRing(g)
	keys := []Key{{Name: "prod/partner", Value: "a-foreign-value-of-somebody"}, {Name: "a/prod/partners/x", Value: "another-foreign-value"}}
	for n := range 1001 {
		keys = append(keys, r.mustKey(fmt.Sprintf("p%04d", n), "gold"))
	}
	if err := r.Make(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.APIGateway = &hasty{gateway: g, after: 10, end: cancel}
	if removed, all, err := r.Empty(ctx); err == nil || removed != 10 || all != 1001 {
		t.Errorf("interrupted: %d of %d, %v", removed, all, err)
	}
	r.APIGateway = g
	g.pages = 0
	if removed, all, err := r.Empty(t.Context()); err != nil || removed != 991 || all != 991 || g.pages != 2 {
		t.Errorf("%d of %d in %d pages, %v", removed, all, g.pages, err)
	}
	if want := []string{"a/prod/partners/x", "prod/partner"}; !slices.Equal(g.names(), want) {
		t.Errorf("left are %q", g.names())
	}
}

// hasty ends the context after some removals.
type hasty struct {
	*gateway
	after int
	end   func()
}

func (h *hasty) DeleteApiKey(ctx context.Context, in *apigateway.DeleteApiKeyInput, options ...func(*apigateway.Options)) (*apigateway.DeleteApiKeyOutput, error) {
	if h.after--; h.after < 0 {
		h.end()
		return nil, ctx.Err()
	}
	return h.gateway.DeleteApiKey(ctx, in, options...)
}

func TestAKeyThatSomebodyElseRemovesIsRemoved(t *testing.T) {
	g := newGateway()
	r := newRing(g)
	if removed, err := r.remove(t.Context(), []string{"gone"}); err != nil || removed != 1 {
		t.Errorf("%d, %v", removed, err)
	}
	g.failing = 1
	if removed, err := r.remove(t.Context(), []string{"id7"}); err == nil || removed != 0 || !strings.Contains(err.Error(), "id7") {
		t.Errorf("%d, %v", removed, err)
	}
}
