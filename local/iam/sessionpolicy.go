package iam

// This file is session policies: what a session of a role may do at most, said
// when the role is assumed.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxSessionPolicies = 2048 // characters of the inline policy and the ARNs of managed ones together
	maxSessionManaged  = 10   // managed policies of a session

	// packedSpace is what session policies may take in a session's token, in
	// bytes. AWS publishes neither how it packs them nor the space: here they
	// are deflated, and what 2,048 characters of common policies come to fits.
	packedSpace = 1024
)

// sessionPolicies are the policies of a session. It may do what any of them
// allows and none denies, if the role may.
type sessionPolicies struct {
	inline  policy
	managed []string // ARNs; a policy counts as it is at the time of a call
}

var _ cloud.SessionPolicies = (*sessionPolicies)(nil)

// SessionPolicies implements cloud.SessionPolicies.
func (*sessionPolicies) SessionPolicies() {}

// sessionPolicies reads what a session is given, and tells how much of the
// space in its token that takes, in percent. Without policies it returns nil.
func (s *IAM) sessionPolicies(inline string, managed []string) (within cloud.SessionPolicies, packed int, err error) {
	if inline == "" && len(managed) == 0 {
		return nil, 0, nil
	}
	text := inline + strings.Join(managed, "")
	switch {
	case len(managed) > maxSessionManaged:
		return nil, 0, invalidInSTS("policyArns", "...", "Member must have length less than or equal to "+itoa(maxSessionManaged))
	case utf8.RuneCountInString(text) > maxSessionPolicies:
		return nil, 0, invalidInSTS("policy", inline, "Member must have length less than or equal to "+itoa(maxSessionPolicies))
	case strings.ContainsFunc(inline, unprintable):
		return nil, 0, refuseText("policy")
	}
	var p sessionPolicies
	if inline != "" {
		document, err := compileIdentity(inline)
		if err != nil {
			return nil, 0, err
		}
		p.inline = document.policy
	}
	if p.managed, err = s.knownPolicies(managed); err != nil {
		return nil, 0, err
	}
	if packed = packedSize(inline, managed); packed > 100 {
		return nil, 0, fault(400, "PackedPolicyTooLarge", "Packed policy consumes %d%% of allotted space, please use smaller policy.", packed)
	}
	return &p, packed, nil
}

// knownPolicies returns the ARNs if there is a managed policy of each.
func (s *IAM) knownPolicies(arns []string) ([]string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, arn := range arns {
		if len(arn) < 20 {
			return nil, invalidInSTS("policyArns", arn, "Member must have length greater than or equal to 20")
		}
		if p := s.policies[arn]; p == nil || p.unknown {
			return nil, malformed("Policy %s does not exist or is not attachable.", arn)
		}
	}
	return arns, nil
}

// packedSize is how much of the space in a token policies take, in percent.
func packedSize(inline string, managed []string) int {
	var packed, plain bytes.Buffer
	if err := json.Compact(&plain, []byte(inline)); err != nil {
		plain.Reset() // there is no inline policy
	}
	for _, arn := range managed {
		plain.WriteString(arn)
	}
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		panic(err) // of the level
	}
	w.Write(plain.Bytes()) // into memory
	w.Close()
	return (100*packed.Len() + packedSpace - 1) / packedSpace
}

// sessionDecision is what the policies of the caller's session say: allowed if
// it has none. The lock is held.
func (s *IAM) sessionDecision(r *request) decision {
	if r.caller.Within == nil {
		return allowed
	}
	within, ok := r.caller.Within.(*sessionPolicies)
	if !ok {
		return silent // they are another authorizer's, and cannot be judged
	}
	result := within.inline.decide(r, nil)
	for _, arn := range within.managed {
		p := s.policies[arn]
		if p == nil {
			continue // it was deleted, and allows nothing more
		}
		if d := p.current.decide(r, nil); d > result {
			result = d
		}
	}
	return result
}
