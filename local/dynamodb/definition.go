package dynamodb

// Definitions: what a table is made of.

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tableSpec describes a table, in CreateTable as in CloudFormation.
type tableSpec struct {
	TableName              string
	KeySchema              []keyElement
	AttributeDefinitions   []attributeDefinition
	GlobalSecondaryIndexes []indexSpec
	LocalSecondaryIndexes  []indexSpec
	BillingMode            string
	ProvisionedThroughput  *throughput
	OnDemandThroughput     *onDemandThroughput
	WarmThroughput         *warmThroughput
	TableClass             string
}

type keyElement struct {
	AttributeName string
	KeyType       string // HASH or RANGE
}

type attributeDefinition struct {
	AttributeName string
	AttributeType string // S, N or B
}

type indexSpec struct {
	IndexName  string
	KeySchema  []keyElement
	Projection projectionSpec

	ProvisionedThroughput *throughput         `json:",omitzero"`
	OnDemandThroughput    *onDemandThroughput `json:",omitzero"`
	WarmThroughput        *warmThroughput     `json:",omitzero"`

	ContributorInsightsSpecification   cfn.Ignored `json:"-"`
	ReadProvisionedThroughputSettings  cfn.Ignored `json:"-"`
	WriteProvisionedThroughputSettings cfn.Ignored `json:"-"`
	ReadOnDemandThroughputSettings     cfn.Ignored `json:"-"`
	WriteOnDemandThroughputSettings    cfn.Ignored `json:"-"`
}

type projectionSpec struct {
	ProjectionType   string   // ALL, KEYS_ONLY or INCLUDE
	NonKeyAttributes []string `json:",omitzero"`
}

// table builds an empty table.
func (s tableSpec) table(arn string) (*table, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	t := &table{
		name: s.TableName, arn: arn, dimensions: map[string]string{"TableName": s.TableName},
		id: cloud.UUID(), created: time.Now(), names: newNames(),
	}
	kinds := map[string]kind{}
	for _, definition := range s.AttributeDefinitions {
		kinds[definition.AttributeName] = kind(definition.AttributeType)
	}
	var err error
	if t.schema, err = schemaOf(s.KeySchema, kinds, 1); err != nil {
		return nil, err
	}
	shape := &shape{spec: s, since: t.created}
	t.shape.Store(shape)
	for _, spec := range s.GlobalSecondaryIndexes {
		if err := shape.addIndex(t.schema, spec, kinds, true); err != nil {
			return nil, err
		}
	}
	for _, spec := range s.LocalSecondaryIndexes {
		if err := shape.addIndex(t.schema, spec, kinds, false); err != nil {
			return nil, err
		}
	}
	return t, shape.checkDefinitions(t.schema, kinds)
}

const (
	maxKeyName       = 255 // characters of a key attribute's name, and of a projected one
	maxLocalIndexes  = 5
	maxGlobalIndexes = 20
)

// check refuses what is wrong with the definition whatever its keys are.
func (s tableSpec) check() error {
	if len(s.TableName) < 3 || len(s.TableName) > 255 {
		return invalid("TableName must be at least 3 characters long and at most 255 characters long")
	}
	if err := checkIdentifier("tableName", s.TableName); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, definition := range s.AttributeDefinitions {
		member := fmt.Sprintf("attributeDefinitions.%d.member", i+1)
		if err := checkKeyName(member+".attributeName", definition.AttributeName); err != nil {
			return err
		}
		if definition.AttributeType == "" {
			return missingMember(member + ".attributeType")
		}
		if err := checkEnum(member+".attributeType", definition.AttributeType, "B", "N", "S"); err != nil {
			return err
		}
		if seen[definition.AttributeName] {
			return invalid("One or more parameter values were invalid: Duplicate attribute in AttributeDefinitions: %s", definition.AttributeName)
		}
		seen[definition.AttributeName] = true
	}
	if err := checkKeyNames("keySchema", s.KeySchema); err != nil {
		return err
	}
	if err := checkEnum("tableClass", s.TableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS"); err != nil {
		return err
	}
	return s.checkIndexes()
}

func (s tableSpec) checkIndexes() error {
	switch {
	case len(s.LocalSecondaryIndexes) > maxLocalIndexes:
		return invalid("One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	case len(s.GlobalSecondaryIndexes) > maxGlobalIndexes:
		return invalid("One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	case s.LocalSecondaryIndexes != nil && len(s.LocalSecondaryIndexes) == 0:
		return invalid("One or more parameter values were invalid: List of LocalSecondaryIndexes is empty")
	case len(s.LocalSecondaryIndexes) > 0 && len(s.KeySchema) < 2:
		return invalid("One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	for _, list := range []struct {
		member  string
		indexes []indexSpec
	}{{"globalSecondaryIndexes", s.GlobalSecondaryIndexes}, {"localSecondaryIndexes", s.LocalSecondaryIndexes}} {
		for i, x := range list.indexes {
			if err := x.check(fmt.Sprintf("%s.%d.member", list.member, i+1)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x indexSpec) check(member string) error {
	if len(x.IndexName) < 3 || len(x.IndexName) > 255 {
		return invalid("1 validation error detected: Value '%s' at '%s.indexName' failed to satisfy constraint: Member must have length between 3 and 255", x.IndexName, member)
	}
	if err := checkIdentifier(member+".indexName", x.IndexName); err != nil {
		return err
	}
	if err := checkKeyNames(member+".keySchema", x.KeySchema); err != nil {
		return err
	}
	return x.Projection.check(member)
}

func (p projectionSpec) check(member string) error {
	switch {
	case p.ProjectionType == "":
		return invalid("One or more parameter values were invalid: Unknown ProjectionType: null")
	case p.ProjectionType == "INCLUDE" && len(p.NonKeyAttributes) == 0:
		return invalid("One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case p.ProjectionType != "INCLUDE" && p.NonKeyAttributes != nil:
		return invalid("One or more parameter values were invalid: ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	}
	for i, name := range p.NonKeyAttributes {
		if err := checkKeyName(member+".projection.nonKeyAttributes.member", name); err != nil {
			return err
		}
		if slices.Contains(p.NonKeyAttributes[:i], name) {
			return invalid("One or more parameter values were invalid: Duplicate attribute in NonKeyAttributes: %s", name)
		}
	}
	return checkEnum(member+".projection.projectionType", p.ProjectionType, "ALL", "INCLUDE", "KEYS_ONLY")
}

func checkKeyNames(member string, schema []keyElement) error {
	for i, element := range schema {
		if err := checkKeyName(fmt.Sprintf("%s.%d.member.attributeName", member, i+1), element.AttributeName); err != nil {
			return err
		}
	}
	return nil
}

func checkKeyName(member, name string) error {
	switch {
	case name == "":
		return missingMember(member)
	case utf8.RuneCountInString(name) > maxKeyName:
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", name, member, maxKeyName)
	}
	return nil
}

var identifier = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)

// checkIdentifier refuses what is no name of a table or an index.
func checkIdentifier(member, name string) error {
	if identifier.MatchString(name) {
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", name, member)
}

func (of *shape) addIndex(primary schema, spec indexSpec, kinds map[string]kind, global bool) error {
	most := 1
	if global {
		most = maxKeyAttributes
	}
	s, err := schemaOf(spec.KeySchema, kinds, most)
	if err != nil {
		return err
	}
	x := &index{name: spec.IndexName, global: global, schema: s, projection: spec.Projection.ProjectionType, included: map[string]bool{}}
	switch {
	case of.index(x.name) != nil:
		return invalid("One or more parameter values were invalid: Duplicate index name: %s", x.name)
	case !global && len(s.sort) == 0:
		return invalid("One or more parameter values were invalid: Index KeySchema does not have a range key for index: %s", x.name)
	case !global && !slices.Equal(s.partition, primary.partition):
		return invalid("One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s", x.name, s.partition[0].name, primary.partition[0].name)
	}
	for _, attribute := range slices.Concat(primary.attributes(), s.attributes()) {
		x.included[attribute.name] = true
	}
	for _, name := range spec.Projection.NonKeyAttributes {
		x.included[name] = true
	}
	of.indexes = append(of.indexes, x)
	return nil
}

// checkDefinitions refuses attribute definitions that no key uses.
func (of *shape) checkDefinitions(primary schema, kinds map[string]kind) error {
	for name := range kinds {
		used := primary.has(name)
		for _, x := range of.indexes {
			used = used || x.schema.has(name)
		}
		if !used {
			return invalid("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
		}
	}
	return nil
}
