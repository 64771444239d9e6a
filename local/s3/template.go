// The configurations of a bucket as templates have them: each becomes the
// document that the API's call would put.

package s3

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// templated are the properties that become configurations.
type templated struct {
	BucketEncryption *struct {
		ServerSideEncryptionConfiguration []struct {
			BucketKeyEnabled              bool
			ServerSideEncryptionByDefault *struct{ KMSMasterKeyID, SSEAlgorithm string }
		}
	}
	CorsConfiguration *struct {
		CorsRules []struct {
			AllowedHeaders, AllowedMethods, AllowedOrigins, ExposedHeaders []string
			Id                                                             string
			MaxAge                                                         *int
		}
	}
	LifecycleConfiguration    *lifecycleProperties
	NotificationConfiguration notificationProperties
	ObjectLockEnabled         bool
	ObjectLockConfiguration   *lockConfiguration
	OwnershipControls         *ownershipControls
	WebsiteConfiguration      *websiteProperties

	PublicAccessBlockConfiguration *publicAccessBlock
	AccessControl                  string
}

type notificationProperties struct {
	EventBridgeConfiguration *struct{ EventBridgeEnabled *bool }
	LambdaConfigurations     []destinationProperties
	QueueConfigurations      []destinationProperties
	TopicConfigurations      []destinationProperties
}

type destinationProperties struct {
	Event                  string
	Function, Queue, Topic string
	Filter                 *struct {
		S3Key struct{ Rules []filterRule }
	}
}

func (p destinationProperties) destination() destination {
	d := destination{TopicArn: p.Topic, QueueArn: p.Queue, LambdaFunctionArn: p.Function, Events: []string{p.Event}}
	if p.Filter != nil {
		d.Filter = &notificationFilter{}
		d.Filter.Key.FilterRules = p.Filter.S3Key.Rules
	}
	return d
}

func (p notificationProperties) document() *notification {
	n := &notification{}
	if e := p.EventBridgeConfiguration; e != nil && (e.EventBridgeEnabled == nil || *e.EventBridgeEnabled) {
		n.EventBridgeConfiguration = new(struct{})
	}
	for _, each := range []struct {
		from []destinationProperties
		to   *[]destination
	}{
		{p.LambdaConfigurations, &n.LambdaFunctionConfigurations}, {p.QueueConfigurations, &n.QueueConfigurations}, {p.TopicConfigurations, &n.TopicConfigurations},
	} {
		for _, d := range each.from {
			*each.to = append(*each.to, d.destination())
		}
	}
	return n
}

type transitionProperties struct {
	StorageClass            string
	TransitionInDays        *int
	TransitionDate          string
	NewerNoncurrentVersions *int
}

type lifecycleProperties struct {
	Rules []struct {
		Id, Prefix, Status                string
		ExpirationInDays                  *int
		ExpirationDate                    string
		ExpiredObjectDeleteMarker         *bool
		NoncurrentVersionExpirationInDays *int
		NoncurrentVersionExpiration       *struct{ NewerNoncurrentVersions, NoncurrentDays *int }
		TagFilters                        []Tag
		ObjectSizeGreaterThan             *int64
		ObjectSizeLessThan                *int64
		Transition                        *transitionProperties
		Transitions                       []transitionProperties
		NoncurrentVersionTransition       *transitionProperties
		NoncurrentVersionTransitions      []transitionProperties
		AbortIncompleteMultipartUpload    *struct{ DaysAfterInitiation int }
	}
	TransitionDefaultMinimumObjectSize string
}

func (p lifecycleProperties) document() (*lifecycle, error) {
	l := &lifecycle{minimum: minimumOfAll}
	if p.TransitionDefaultMinimumObjectSize != "" {
		l.minimum = p.TransitionDefaultMinimumObjectSize
	}
	for _, from := range p.Rules {
		r := lifecycleRule{ID: from.Id, Status: from.Status, Filter: &lifecycleFilter{Prefix: &from.Prefix}}
		if len(from.TagFilters) > 0 || from.ObjectSizeGreaterThan != nil || from.ObjectSizeLessThan != nil {
			r.Filter = &lifecycleFilter{And: &lifecycleAnd{&from.Prefix, from.TagFilters, from.ObjectSizeGreaterThan, from.ObjectSizeLessThan}}
		}
		if from.ExpirationInDays != nil || from.ExpirationDate != "" || from.ExpiredObjectDeleteMarker != nil {
			r.Expiration = &expiration{Days: from.ExpirationInDays, ExpiredObjectDeleteMarker: from.ExpiredObjectDeleteMarker}
		}
		if from.ExpirationDate != "" {
			date, err := templateDate(from.ExpirationDate)
			if err != nil {
				return nil, err
			}
			r.Expiration.Date = date
		}
		if e := from.NoncurrentVersionExpiration; e != nil {
			r.NoncurrentVersionExpiration = &noncurrentExpiration{e.NewerNoncurrentVersions, e.NoncurrentDays}
		} else if days := from.NoncurrentVersionExpirationInDays; days != nil {
			r.NoncurrentVersionExpiration = &noncurrentExpiration{NoncurrentDays: days}
		}
		for _, t := range withOne(from.Transitions, from.Transition) {
			date, err := templateDate(t.TransitionDate)
			if err != nil {
				return nil, err
			}
			r.Transitions = append(r.Transitions, transition{date, t.TransitionInDays, t.StorageClass})
		}
		for _, t := range withOne(from.NoncurrentVersionTransitions, from.NoncurrentVersionTransition) {
			r.NoncurrentVersionTransitions = append(r.NoncurrentVersionTransitions, noncurrentTransition{t.NewerNoncurrentVersions, t.TransitionInDays, t.StorageClass})
		}
		r.AbortIncompleteMultipartUpload = from.AbortIncompleteMultipartUpload
		l.Rules = append(l.Rules, r)
	}
	return l, nil
}

// withOne is a list with one more, which an older property has, if it is there.
func withOne(all []transitionProperties, one *transitionProperties) []transitionProperties {
	if one == nil {
		return all
	}
	return append(all, *one)
}

// templateDate reads a day, or a time of one; of nothing it is nil.
func templateDate(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		day, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return nil, cfn.Invalidf("LifecycleConfiguration.Rules", "%s", err)
	}
	return &day, nil
}

type websiteProperties struct {
	IndexDocument, ErrorDocument string
	RedirectAllRequestsTo        *struct{ HostName, Protocol string }
	RoutingRules                 []struct {
		RedirectRule struct {
			HostName, HttpRedirectCode, Protocol string
			ReplaceKeyPrefixWith, ReplaceKeyWith *string
		}
		RoutingRuleCondition *struct{ HttpErrorCodeReturnedEquals, KeyPrefixEquals string }
	}
}

func (p websiteProperties) document() *website {
	w := &website{}
	if p.IndexDocument != "" {
		w.IndexDocument = &indexDocument{p.IndexDocument}
	}
	if p.ErrorDocument != "" {
		w.ErrorDocument = &errorDocument{p.ErrorDocument}
	}
	if all := p.RedirectAllRequestsTo; all != nil {
		w.RedirectAllRequestsTo = &redirectAll{all.HostName, all.Protocol}
	}
	for _, from := range p.RoutingRules {
		if w.RoutingRules == nil {
			w.RoutingRules = &routingRules{}
		}
		rule := routingRule{Redirect: redirect(from.RedirectRule)}
		if c := from.RoutingRuleCondition; c != nil {
			rule.Condition = &routingCondition{c.HttpErrorCodeReturnedEquals, c.KeyPrefixEquals}
		}
		w.RoutingRules.RoutingRules = append(w.RoutingRules.RoutingRules, rule)
	}
	return w
}

// documents are the configurations that the properties make, by subresource. One
// that a template does not have is nil.
func (p templated) documents() (map[string]document, error) {
	documents := map[string]document{
		"cors": nil, "encryption": nil, "lifecycle": nil, "object-lock": nil, "website": nil, "notification": p.NotificationConfiguration.document(),
	}
	maps.Copy(documents, initialSettings())
	if e := p.BucketEncryption; e != nil {
		d := &encryption{}
		for _, from := range e.ServerSideEncryptionConfiguration {
			rule := encryptionRule{BucketKeyEnabled: from.BucketKeyEnabled}
			if by := from.ServerSideEncryptionByDefault; by != nil {
				rule.ApplyServerSideEncryptionByDefault = &encryptionDefault{by.KMSMasterKeyID, by.SSEAlgorithm}
			}
			d.Rules = append(d.Rules, rule)
		}
		documents["encryption"] = d
	}
	if c := p.CorsConfiguration; c != nil {
		d := &corsConfiguration{}
		for _, from := range c.CorsRules {
			d.CORSRules = append(d.CORSRules, corsRule{from.Id, from.AllowedHeaders, from.AllowedMethods, from.AllowedOrigins, from.ExposedHeaders, from.MaxAge})
		}
		documents["cors"] = d
	}
	if l := p.LifecycleConfiguration; l != nil {
		d, err := l.document()
		if err != nil {
			return nil, err
		}
		documents["lifecycle"] = d
	}
	if w := p.WebsiteConfiguration; w != nil {
		documents["website"] = w.document()
	}
	if p.OwnershipControls != nil {
		documents["ownershipControls"] = p.OwnershipControls
	}
	if p.PublicAccessBlockConfiguration != nil {
		documents["publicAccessBlock"] = p.PublicAccessBlockConfiguration
	}
	if p.ObjectLockConfiguration != nil {
		documents["object-lock"] = p.ObjectLockConfiguration
	} else if p.ObjectLockEnabled {
		documents["object-lock"] = &lockConfiguration{ObjectLockEnabled: Enabled}
	}
	return documents, nil
}

// configure puts the configurations of a template. All of them are checked
// before the first is put. What a template does not say anything of any more
// becomes what it is in a new bucket, but for locks, which stay.
func (s *S3) configure(b *bucket, p templated) error {
	documents, err := p.documents()
	if err != nil {
		return err
	}
	for _, parameter := range slices.Sorted(maps.Keys(documents)) { // always the same one fails first
		if d := documents[parameter]; d != nil {
			if err := d.check(s, b); err != nil {
				return err
			}
		}
	}
	for parameter, d := range documents {
		if d != nil || parameter != "object-lock" {
			s.put(b, parameter, d)
		}
	}
	return s.control(b, p.AccessControl)
}

// humps are where the words of a property's value begin.
var humps = regexp.MustCompile(`([a-z])([A-Z])`)

// control gives a bucket the canned list that a template names: "PublicRead".
func (s *S3) control(b *bucket, access string) error {
	name := strings.ToLower(humps.ReplaceAllString(cmp.Or(access, "Private"), "$1-$2"))
	more, known := canned[name]
	switch {
	case !known:
		return cfn.Invalidf("AccessControl", "there is no %q", access)
	case len(more) > 0 && !b.lists():
		return errListsAndOwner()
	}
	list := s.owned(more)
	if len(more) > 0 {
		if err := b.takes(list, name); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acl = list
	return nil
}
