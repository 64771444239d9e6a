package cfn

// This file tells what an update would do, before it is done: the changes of a
// change set.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

// Plan is what an update would do.
type Plan struct {
	Changes []Change // by logical id
	Outputs bool     // whether outputs differ
	Tags    bool     // whether the stack's own tags do
}

// Empty tells whether an update would do nothing.
func (p Plan) Empty() bool { return len(p.Changes) == 0 && !p.Outputs && !p.Tags }

// Change is what an update would do to one resource.
type Change struct {
	Action       string // Add, Modify, Remove
	LogicalID    string
	PhysicalID   string // not of Add
	Type         string
	PolicyAction string // Delete, Retain: what becomes of what is not needed any more; ReplaceAndDelete, ReplaceAndRetain
	Replacement  string // True, False, Conditional; of Modify
	Scope        []string
	Details      []Detail

	// Before and After are the properties, without secrets; nil where there is no
	// resource. Doubt is why some of After are not known yet, or empty.
	Before, After map[string]any
	Doubt         string
}

// Detail is one reason for a Modify.
type Detail struct {
	Attribute  string // Properties, Tags (of the stack), Metadata, DeletionPolicy, UpdateReplacePolicy
	Name       string // of the property
	Recreation schema.Recreation
	Evaluation string // Static, or Dynamic: the value is not known before
	Source     string // DirectModification, ParameterReference, ResourceReference, ResourceAttribute
	Cause      string // the parameter, the resource or its attribute
}

// planner goes through the resources of a stack as an update would.
type planner struct {
	*Created
	to       *Stack
	resolver *resolver
	changed  map[string]bool   // names of parameters that have another value
	replaced map[string]string // logical ids of resources that change, by Replacement

	before, after *resolver // which show the properties
}

// Nothing is a stack without resources, which any other is made from.
func Nothing(types map[string]Type) *Created {
	return &Created{Outcome: nothing(), stack: &Stack{Template: &Template{}}, types: types}
}

// Plan tells what Update would do.
func (c *Created) Plan(to *Stack) (Plan, error) {
	r, order, err := to.wanted()
	if err != nil {
		return Plan{}, err
	}
	before, err := c.stack.resolver()
	if err != nil {
		return Plan{}, err
	}
	for id, i := range c.live {
		before.knows(id, i.handle, i.properties)
	}
	r.early = placeholderOf // as what is not there yet will have another handle
	r.imports = foreseen(to.Imports, placeholderOf)
	p := planner{c, to, r, c.otherParameters(to), map[string]string{}, showing(before, c.stack.Imports), showing(r, to.Imports)}
	var plan Plan
	for _, id := range order {
		change, err := p.change(id)
		if err != nil {
			return plan, err
		}
		if change != nil {
			plan.Changes = append(plan.Changes, *change)
		}
	}
	for id, i := range c.live {
		if !slices.Contains(order, id) {
			change := Change{Action: "Remove", LogicalID: id, PhysicalID: i.handle.Ref, Type: i.Type, PolicyAction: policyAction(i.policies.deletion)}
			p.shows(&change, i, nil)
			plan.Changes = append(plan.Changes, change)
		}
	}
	slices.SortFunc(plan.Changes, func(a, b Change) int { return cmp.Compare(a.LogicalID, b.LogicalID) })
	outcome, err := to.resolveOutputs(r)
	plan.Outputs = err != nil || !same(outcome.Outputs, c.Outputs) || !maps.Equal(outcome.ExportNames, c.ExportNames)
	plan.Tags = !slices.Equal(c.stack.sortedTags(), to.sortedTags())
	return plan, nil
}

// otherParameters are the parameters that are given something else than now, or
// were given nothing. That Parameter Store holds another value by now makes none of
// them, for CloudFormation (recorded in August 2025).
func (c *Created) otherParameters(to *Stack) map[string]bool {
	other := map[string]bool{}
	for name := range to.Template.Parameters {
		before, had := c.stack.given(name)
		after, _ := to.given(name)
		textBefore, _ := scalarText(before)
		textAfter, _ := scalarText(after)
		if !had || textBefore != textAfter {
			other[name] = true
		}
	}
	return other
}

func policyAction(p deletionPolicy) string {
	if p.retains() {
		return "Retain"
	}
	return "Delete"
}

// change is what would be done to a resource, or nil. What refers to the
// resource is resolved with what it answers, unless it will be another one.
func (p planner) change(id string) (*Change, error) {
	declared, now := p.to.Template.Resources[id], p.live[id]
	if now == nil {
		p.replaced[id] = "True"
		change := &Change{Action: "Add", LogicalID: id, Type: declared.Type}
		p.shows(change, nil, declared)
		return change, nil
	}
	wanted, err := p.foresee(now, declared)
	if err != nil {
		return nil, err
	}
	details := p.details(now, wanted)
	if len(details) == 0 {
		p.resolver.knows(id, now.handle, now.properties)
		return nil, nil
	}
	change := &Change{Action: "Modify", LogicalID: id, PhysicalID: now.handle.Ref, Type: now.Type, Replacement: replacement(details), Details: details}
	p.shows(change, now, declared)
	for _, d := range details {
		if !slices.Contains(change.Scope, d.Attribute) {
			change.Scope = append(change.Scope, d.Attribute)
		}
	}
	if p.replaced[id] = change.Replacement; change.Replacement == "True" {
		change.PolicyAction = "ReplaceAnd" + policyAction(wanted.policies.replacement)
	} else {
		p.resolver.knows(id, now.handle, wanted.properties)
	}
	return change, nil
}

// foresee resolves what is wanted of a resource. What depends on resources that
// are not there yet may not be of a form that can be resolved: then it is taken
// for something else than now.
func (p planner) foresee(now *instance, declared *declaration) (*instance, error) {
	t, _ := typeNamed(p.types, now.Type)
	wanted := &instance{declared: declared, properties: map[string]any{}, tags: p.to.tags(t, now.Resource)}
	var err error
	if wanted.policies, err = p.resolver.policies(declared); err != nil {
		return nil, now.fault("attribute", err)
	}
	for name, value := range declared.Properties {
		resolved, err := p.resolver.resolve(value)
		if _, removed := resolved.(noValue); removed {
			continue
		}
		if err != nil && len(p.causes(value)) == 0 {
			return nil, now.fault("property "+name, err)
		}
		wanted.properties[name] = resolved
		if err != nil {
			wanted.properties[name] = placeholderOf(name)
		}
	}
	metadata, err := p.resolver.resolve(orEmpty(declared.Metadata.Members))
	if err != nil {
		metadata = map[string]any{"": placeholderOf("Metadata")}
	}
	wanted.Metadata = metadata.(map[string]any)
	return wanted, nil
}

// replacement says whether the details replace the resource.
func replacement(details []Detail) string {
	worst := "False"
	for _, d := range details {
		switch {
		case d.Recreation == schema.Always && d.Evaluation == "Static":
			return "True"
		case d.Recreation != schema.Never:
			worst = "Conditional"
		}
	}
	return worst
}

// details are the reasons why a resource would be updated.
func (p planner) details(now, wanted *instance) (all []Detail) {
	paths := differences(now.properties, wanted.properties)
	names := p.dynamic(wanted)
	for _, path := range paths {
		names[path[0]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		below := slices.DeleteFunc(slices.Clone(paths), func(path []string) bool { return path[0] != name })
		if len(below) == 0 {
			below = [][]string{{name}}
		}
		all = append(all, p.reasons(now, wanted, name, recreation(now.Type, below))...)
	}
	attribute := func(name string, differs bool) {
		if differs {
			all = append(all, Detail{Attribute: name, Recreation: schema.Never, Evaluation: "Static", Source: "DirectModification"})
		}
	}
	attribute("Tags", !slices.Equal(now.tags, wanted.tags))
	attribute("Metadata", !same(now.Metadata, wanted.Metadata))
	attribute("DeletionPolicy", now.policies.deletion != wanted.policies.deletion)
	attribute("UpdateReplacePolicy", now.policies.replacement != wanted.policies.replacement)
	return all
}

// dynamic are the properties that may change because a resource does.
func (p planner) dynamic(wanted *instance) map[string]bool {
	names := map[string]bool{}
	for name, value := range wanted.declared.Properties {
		if slices.ContainsFunc(p.causes(value), func(d Detail) bool { return d.Evaluation == "Dynamic" }) {
			names[name] = true
		}
	}
	return names
}

// reasons say why a property would change. What a cause decides is no less a
// direct modification, for CloudFormation, whose value only the cause tells.
func (p planner) reasons(now, wanted *instance, name string, recreation schema.Recreation) []Detail {
	reasons := p.causes(wanted.declared.Properties[name])
	direct := Detail{Evaluation: "Static", Source: "DirectModification"}
	switch {
	case slices.ContainsFunc(reasons, func(d Detail) bool { return d.Evaluation == "Static" }):
		direct.Evaluation = "Dynamic"
		reasons = slices.Insert(reasons, 0, direct)
	case len(reasons) == 0 || !reflect.DeepEqual(now.declared.Properties[name], wanted.declared.Properties[name]):
		reasons = slices.Insert(reasons, 0, direct)
	}
	for i := range reasons {
		reasons[i].Attribute, reasons[i].Name, reasons[i].Recreation = "Properties", name, recreation
	}
	return reasons
}

// causes are the parameters and resources that may change a value.
func (p planner) causes(value any) (all []Detail) {
	refs, attributes := map[string]bool{}, map[string]bool{}
	mentions(value, refs, attributes)
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		switch becomes := p.replaced[name]; {
		case p.changed[name]:
			all = append(all, Detail{Evaluation: "Static", Source: "ParameterReference", Cause: name})
		case becomes == "True", becomes == "Conditional":
			all = append(all, Detail{Evaluation: evaluation(becomes), Source: "ResourceReference", Cause: name})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if id, _, _ := strings.Cut(name, "."); p.replaced[id] != "" {
			all = append(all, Detail{Evaluation: evaluation(p.replaced[id]), Source: "ResourceAttribute", Cause: name})
		}
	}
	return all
}

// evaluation tells whether what refers to a resource will change, by what becomes
// of the resource.
func evaluation(replacement string) string {
	if replacement == "True" {
		return "Static"
	}
	return "Dynamic"
}
