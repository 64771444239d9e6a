package directory

// This file stores rows as DynamoDB's items.

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

type item = map[string]types.AttributeValue

// Item is the row as the table has it.
func (r Row) Item() map[string]types.AttributeValue {
	i := item{
		contract.AttrPartner:      attribute.Text(r.ID),
		contract.AttrName:         attribute.Text(r.Name),
		contract.AttrContactEmail: attribute.Text(r.ContactEmail),
		contract.AttrStatus:       attribute.Text(r.Status),
		contract.AttrTier:         attribute.Text(r.Tier),
		contract.AttrVersion:      attribute.Number(r.Version),
	}
	if !r.ValidUntil.IsZero() {
		i[contract.AttrValidUntil] = attribute.Number(r.ValidUntil.Unix())
	}
	for name, list := range map[string][]string{contract.AttrSSHKeys: r.SSHKeys, contract.AttrAddressRanges: r.AddressRanges} {
		if len(list) > 0 {
			i[name] = texts(list)
		}
	}
	if len(r.Held) > 0 {
		i[contract.AttrHeld] = &types.AttributeValueMemberSS{Value: r.Held}
	}
	for name, hash := range map[string][]byte{contract.AttrTokenHash: r.TokenHash, contract.AttrPreviousTokenHash: r.PreviousTokenHash} {
		if len(hash) > 0 {
			i[name] = &types.AttributeValueMemberB{Value: hash}
		}
	}
	for name, key := range map[string]string{contract.AttrUsageKey: r.UsageKey, contract.AttrPreviousUsageKey: r.PreviousUsageKey} {
		if key != "" {
			i[name] = attribute.Text(key)
		}
	}
	for name, at := range map[string]time.Time{contract.AttrTokenRotatedAt: r.RotatedAt, contract.AttrUsageKeySince: r.UsageKeySince} {
		if !at.IsZero() {
			i[name] = attribute.Text(at.UTC().Format(time.RFC3339))
		}
	}
	return i
}

func texts(list []string) types.AttributeValue {
	var values []types.AttributeValue
	for _, text := range list {
		values = append(values, attribute.Text(text))
	}
	return &types.AttributeValueMemberL{Value: values}
}

// read is the reverse of Item. What has the wrong type is an error that names
// the attribute: no partner may be let in by half of its row.
func read(i item) (Row, error) {
	d := decoder{item: i}
	row := Row{
		ID:                d.text(contract.AttrPartner),
		Name:              d.text(contract.AttrName),
		ContactEmail:      d.text(contract.AttrContactEmail),
		Status:            contract.PartnerStatus(d.text(contract.AttrStatus)),
		SSHKeys:           d.texts(contract.AttrSSHKeys),
		AddressRanges:     d.texts(contract.AttrAddressRanges),
		Tier:              d.text(contract.AttrTier),
		TokenHash:         d.bytes(contract.AttrTokenHash),
		PreviousTokenHash: d.bytes(contract.AttrPreviousTokenHash),
		RotatedAt:         d.time(contract.AttrTokenRotatedAt),
		UsageKey:          d.text(contract.AttrUsageKey),
		PreviousUsageKey:  d.text(contract.AttrPreviousUsageKey),
		UsageKeySince:     d.time(contract.AttrUsageKeySince),
		Version:           d.number(contract.AttrVersion),
	}
	if seconds := d.number(contract.AttrValidUntil); seconds != 0 {
		row.ValidUntil = time.Unix(seconds, 0).UTC()
	}
	row.Held = d.set(contract.AttrHeld)
	if d.err != nil {
		return Row{}, fmt.Errorf("row of partner %q: %w", row.ID, d.err)
	}
	return row, nil
}

// decoder reads attributes, of which each may be absent, and keeps the first
// error.
type decoder struct {
	item item
	err  error
}

// value is an attribute of type T, or nil.
func value[T types.AttributeValue](d *decoder, name string) (found T) {
	v, present := d.item[name]
	if !present {
		return found
	}
	found, ok := v.(T)
	if !ok && d.err == nil {
		d.err = fmt.Errorf("attribute %s is a %T", name, v)
	}
	return found
}

func (d *decoder) text(name string) string {
	if v := value[*types.AttributeValueMemberS](d, name); v != nil {
		return v.Value
	}
	return ""
}

func (d *decoder) bytes(name string) []byte {
	if v := value[*types.AttributeValueMemberB](d, name); v != nil {
		return v.Value
	}
	return nil
}

func (d *decoder) set(name string) []string {
	v := value[*types.AttributeValueMemberSS](d, name)
	if v == nil {
		return nil
	}
	return slices.Sorted(slices.Values(v.Value))
}

func (d *decoder) texts(name string) (list []string) {
	v := value[*types.AttributeValueMemberL](d, name)
	if v == nil {
		return nil
	}
	for n, element := range v.Value {
		text, ok := element.(*types.AttributeValueMemberS)
		if !ok {
			if d.err == nil {
				d.err = fmt.Errorf("element %d of attribute %s is a %T", n, name, element)
			}
			return nil
		}
		list = append(list, text.Value)
	}
	return list
}

func (d *decoder) number(name string) int64 {
	n, err := attribute.Int(d.item, name)
	if err != nil && d.err == nil {
		d.err = err
	}
	return n
}

func (d *decoder) time(name string) time.Time {
	text := d.text(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("attribute %s: %w", name, err)
	}
	return at.UTC()
}
