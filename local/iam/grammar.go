package iam

// This file holds policy documents to the grammar of IAM's policy language, in
// the words in which IAM refuses them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// maxDocument bounds the text of a policy document, white space included.
const maxDocument = 131072

func malformed(format string, args ...any) error {
	return fault(400, "MalformedPolicyDocument", format, args...)
}

// compileIdentity reads the document of an identity policy, or refuses it as IAM does.
func compileIdentity(text string) (compiled, error) {
	d, err := readIdentity(text)
	if err != nil {
		return compiled{}, err
	}
	return d.compiled(text)
}

// compileManaged reads the document of a managed policy, which has to be short
// and up to date.
func compileManaged(text string) (compiled, error) {
	d, err := readIdentity(text)
	switch {
	case err != nil:
		return compiled{}, err
	case d.Version != version2012:
		return compiled{}, malformed("Policy document must be version 2012-10-17 or greater.")
	case size(text) > maxManaged:
		return compiled{}, fault(409, "LimitExceeded", "Cannot exceed quota for PolicySize: %d", maxManaged)
	}
	return d.compiled(text)
}

func readIdentity(text string) (document, error) {
	d, err := read("policyDocument", text)
	if err != nil {
		return d, err
	}
	sids := map[string]bool{}
	for _, w := range d.Statement {
		if w.Sid != "" && sids[w.Sid] {
			return d, malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		sids[w.Sid] = true
		if err := w.checkIdentity(); err != nil {
			return d, err
		}
	}
	return d, nil
}

// compileTrust reads the trust policy of a role, or refuses it as IAM does.
func compileTrust(text string) (compiled, error) {
	d, err := read("assumeRolePolicyDocument", text)
	if err != nil {
		return compiled{}, err
	}
	for _, w := range d.Statement {
		if err := w.checkTrust(); err != nil {
			return compiled{}, err
		}
	}
	return d.compiled(text)
}

// read decodes a document and checks what all kinds of policies have in common.
func read(parameter, text string) (document, error) {
	var d document
	switch {
	case text == "" || len(text) > maxDocument:
		return d, invalid(parameter, text, "Member must have length less than or equal to "+itoa(maxDocument))
	case strings.ContainsFunc(text, unprintable):
		return d, refuseText(parameter)
	case !json.Valid([]byte(text)) && parameter == "assumeRolePolicyDocument":
		return d, malformed("This policy contains invalid Json")
	case !json.Valid([]byte(text)) || !exact(text) || strictly([]byte(text), &d) != nil || len(d.Statement) == 0:
		return d, malformed("Syntax errors in policy.")
	case !slices.Contains([]string{"", version2008, version2012}, d.Version):
		return d, malformed("Syntax errors in policy.")
	}
	return d, nil
}

// unprintable characters are those that IAM takes in no document.
func unprintable(r rune) bool {
	return r > '\u00FF' || r < ' ' && r != '\t' && r != '\n' && r != '\r'
}

func refuseText(parameter string) error {
	return invalid(parameter, "...", `Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)
}

// compiled makes of a document, which has the text, what is evaluated.
func (d document) compiled(text string) (compiled, error) {
	p, err := d.compile()
	if err != nil {
		return compiled{}, malformed("Syntax errors in policy.")
	}
	return compiled{text, p}, nil
}

var (
	documentNames  = []string{"Version", "Id", "Statement"}
	statementNames = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)

// exact tells whether no object of a valid document has a name twice, and those
// of the policy language are written in their case: encoding/json minds neither.
func exact(text string) bool {
	return exactNames(json.NewDecoder(strings.NewReader(text)), 0)
}

// exactNames reads one value at a depth of so many objects.
func exactNames(decoder *json.Decoder, depth int) bool {
	token, err := decoder.Token()
	if err != nil {
		return false
	}
	switch token {
	case json.Delim('['):
		for decoder.More() {
			if !exactNames(decoder, depth) {
				return false
			}
		}
	case json.Delim('{'):
		seen := map[string]bool{}
		for decoder.More() {
			name, err := decoder.Token()
			text, ok := name.(string)
			if err != nil || !ok || seen[text] || !known(text, depth) || !exactNames(decoder, depth+1) {
				return false
			}
			seen[text] = true
		}
	default:
		return true
	}
	_, err = decoder.Token()
	return err == nil
}

func known(name string, depth int) bool {
	switch depth {
	case 0:
		return slices.Contains(documentNames, name)
	case 1:
		return slices.Contains(statementNames, name)
	}
	return true
}

var (
	isSid    = regexp.MustCompile(`^[0-9A-Za-z]*$`)
	isVendor = regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)

	// AWS documents wildcards in the names of actions, and not whether it takes
	// them before the colon, as in "i*:*". Taken, they are at least judged.
	isVendorOfAction = regexp.MustCompile(`^[a-zA-Z0-9.*?-]+$`)
)

// checkCommon checks what statements of all kinds of policies have.
func (w written) checkCommon() error {
	switch {
	case w.Effect != "Allow" && w.Effect != "Deny",
		w.Action != nil && w.NotAction != nil,
		w.Resource != nil && w.NotResource != nil:
		return malformed("Syntax errors in policy.")
	case !isSid.MatchString(w.Sid):
		return malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
	case len(w.Action)+len(w.NotAction) == 0:
		return malformed("Policy statement must contain actions.")
	}
	for _, action := range slices.Concat(w.Action, w.NotAction) {
		if err := checkAction(action); err != nil {
			return err
		}
	}
	for _, keys := range w.Condition {
		for key := range keys {
			if !strings.Contains(key, ":") {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
	}
	return nil
}

func checkAction(action string) error {
	if action == "*" {
		return nil
	}
	vendor, name, ok := strings.Cut(action, ":")
	switch {
	case !ok:
		return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	case strings.Contains(name, ":"):
		return malformed("Actions/Condition can contain only one colon.")
	case !isVendorOfAction.MatchString(vendor):
		return malformed("Vendor %s is not valid", vendor)
	}
	return nil
}

func (w written) checkIdentity() error {
	if w.Principal.given() || len(w.NotPrincipal) > 0 {
		return malformed("Policy document should not specify a principal.")
	}
	if err := w.checkCommon(); err != nil {
		return err
	}
	if len(w.Resource)+len(w.NotResource) == 0 {
		return malformed("Policy statement must contain resources.")
	}
	for _, resource := range slices.Concat(w.Resource, w.NotResource) {
		if err := checkResource(resource); err != nil {
			return err
		}
	}
	return nil
}

func checkResource(resource string) error {
	if resource == "*" {
		return nil
	}
	parts := strings.SplitN(resource, ":", 6)
	switch {
	case parts[0] != "arn" || len(parts) < 3:
		return malformed(`Resource %s must be in ARN format or "*".`, resource)
	case !slices.Contains([]string{"aws", "*"}, parts[1]):
		return malformed(`Partition "%s" is not valid for resource "%s".`, parts[1], resource)
	case len(parts) < 4 || !isVendor.MatchString(parts[2]):
		return malformed("Resource vendor must be fully qualified and cannot contain regexes.")
	case parts[2] == "iam" && parts[3] != "":
		return malformed("IAM resource %s cannot contain region information.", resource)
	}
	return nil
}

func (w written) checkTrust() error {
	if err := w.checkCommon(); err != nil {
		return err
	}
	switch {
	case w.Resource != nil || w.NotResource != nil:
		return malformed("Has prohibited field Resource")
	case !w.Principal.given():
		return malformed("Missing required field Principal")
	}
	for _, action := range w.Action {
		if !strings.HasPrefix(strings.ToLower(action), "sts:") {
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return nil
}

// compact is a template's document as its text: CloudFormation hands it on
// without white space.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
}
