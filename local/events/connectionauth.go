package events

// This file is what a connection authenticates its calls with.

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/httpcall"
)

// authParameters are those of CreateConnection; what AWS keeps to itself is left
// out of answers.
type authParameters struct {
	ApiKeyAuthParameters     *apiKeyParameters `json:",omitempty"`
	BasicAuthParameters      *basicParameters  `json:",omitempty"`
	OAuthParameters          *oauthParameters  `json:",omitempty"`
	InvocationHttpParameters *httpParameters   `json:",omitempty"`
}

type apiKeyParameters struct {
	ApiKeyName  string
	ApiKeyValue string `json:",omitempty"`
}

type basicParameters struct {
	Username string
	Password string `json:",omitempty"`
}

type oauthParameters struct {
	ClientParameters      *clientParameters `json:",omitempty"`
	AuthorizationEndpoint string            `json:",omitempty"`
	HttpMethod            string            `json:",omitempty"`
	OAuthHttpParameters   *httpParameters   `json:",omitempty"`
}

type clientParameters struct {
	ClientID     string
	ClientSecret string `json:",omitempty"`
}

type httpParameters struct {
	HeaderParameters      []httpParameter `json:",omitempty"`
	QueryStringParameters []httpParameter `json:",omitempty"`
	BodyParameters        []httpParameter `json:",omitempty"`
}

type httpParameter struct {
	Key           string
	Value         string `json:",omitempty"`
	IsValueSecret bool
}

// over are the parameters with those of an earlier version where they say nothing.
func (p authParameters) over(before authParameters) authParameters {
	p.InvocationHttpParameters = cmp.Or(p.InvocationHttpParameters, before.InvocationHttpParameters)
	if o, b := p.OAuthParameters, before.OAuthParameters; o != nil && b != nil {
		p.OAuthParameters = &oauthParameters{
			ClientParameters:      cmp.Or(o.ClientParameters, b.ClientParameters),
			AuthorizationEndpoint: cmp.Or(o.AuthorizationEndpoint, b.AuthorizationEndpoint),
			HttpMethod:            cmp.Or(o.HttpMethod, b.HttpMethod),
			OAuthHttpParameters:   cmp.Or(o.OAuthHttpParameters, b.OAuthHttpParameters),
		}
	}
	if p.ApiKeyAuthParameters == nil && p.BasicAuthParameters == nil && p.OAuthParameters == nil {
		p.ApiKeyAuthParameters, p.BasicAuthParameters, p.OAuthParameters = before.ApiKeyAuthParameters, before.BasicAuthParameters, before.OAuthParameters
	}
	return p
}

// check tells whether the parameters are those of a kind.
func (p authParameters) check(kind string) error {
	missing := func(what string) error {
		return notValid("Parameter(s) %s must be specified for authorization type %s.", what, kind)
	}
	var v violations
	switch o := p.OAuthParameters; kind {
	case basicAuth:
		if p.BasicAuthParameters == nil {
			return missing("BasicAuthParameters")
		}
	case apiKeyAuth:
		if p.ApiKeyAuthParameters == nil || p.ApiKeyAuthParameters.ApiKeyName == "" {
			return missing("ApiKeyAuthParameters")
		}
	case oauthAuth:
		if o == nil || o.ClientParameters == nil || o.AuthorizationEndpoint == "" || o.HttpMethod == "" {
			return missing("OAuthParameters")
		}
		if !slices.Contains([]string{"GET", "POST", "PUT"}, strings.ToUpper(o.HttpMethod)) { // AWS takes put as well
			v.add(o.HttpMethod, "authParameters.oAuthParameters.httpMethod", "satisfy enum value set: [POST, GET, PUT]")
		}
	default:
		v.oneOf(kind, "authorizationType", authKinds...)
	}
	return v.err()
}

// credentials is what the secret holds.
func (p authParameters) credentials(kind string) httpcall.Credentials {
	c := httpcall.Credentials{Invocation: p.InvocationHttpParameters.stored()}
	switch kind {
	case basicAuth:
		c.Username, c.Password = p.BasicAuthParameters.Username, p.BasicAuthParameters.Password
	case apiKeyAuth:
		c.APIKeyName, c.APIKeyValue = p.ApiKeyAuthParameters.ApiKeyName, p.ApiKeyAuthParameters.ApiKeyValue
	case oauthAuth:
		o := p.OAuthParameters
		c.ClientID, c.ClientSecret = o.ClientParameters.ClientID, o.ClientParameters.ClientSecret
		c.AuthorizationEndpoint, c.HTTPMethod, c.OAuth = o.AuthorizationEndpoint, o.HttpMethod, o.OAuthHttpParameters.stored()
	}
	return c
}

// parametersOf is what a connection was made with, as far as it is in its secret.
func parametersOf(c httpcall.Credentials) authParameters {
	p := authParameters{InvocationHttpParameters: given(c.Invocation)}
	switch {
	case c.ClientID != "":
		p.OAuthParameters = &oauthParameters{&clientParameters{c.ClientID, c.ClientSecret}, c.AuthorizationEndpoint, c.HTTPMethod, given(c.OAuth)}
	case c.APIKeyName != "":
		p.ApiKeyAuthParameters = &apiKeyParameters{c.APIKeyName, c.APIKeyValue}
	default:
		p.BasicAuthParameters = &basicParameters{c.Username, c.Password}
	}
	return p
}

func (p *httpParameters) stored() *httpcall.Parameters {
	if p == nil {
		return nil
	}
	list := func(of []httpParameter) []httpcall.Parameter {
		var stored []httpcall.Parameter
		for _, one := range of {
			stored = append(stored, httpcall.Parameter{Key: one.Key, Value: one.Value, Secret: one.IsValueSecret})
		}
		return stored
	}
	return &httpcall.Parameters{Body: list(p.BodyParameters), Header: list(p.HeaderParameters), Query: list(p.QueryStringParameters)}
}

func given(p *httpcall.Parameters) *httpParameters {
	if p == nil {
		return nil
	}
	list := func(of []httpcall.Parameter) []httpParameter {
		var given []httpParameter
		for _, one := range of {
			given = append(given, httpParameter{one.Key, one.Value, one.Secret})
		}
		return given
	}
	return &httpParameters{list(p.Header), list(p.Query), list(p.Body)}
}

// open is the parameters without what is secret.
func (p authParameters) open(kind string) authParameters {
	o := parametersOf(p.credentials(kind))
	for _, parameters := range []*httpParameters{o.InvocationHttpParameters, o.oauthHTTP()} {
		if parameters == nil {
			continue
		}
		for _, list := range [][]httpParameter{parameters.HeaderParameters, parameters.QueryStringParameters, parameters.BodyParameters} {
			for i := range list {
				if list[i].IsValueSecret {
					list[i].Value = ""
				}
			}
		}
	}
	switch {
	case o.OAuthParameters != nil:
		o.OAuthParameters.ClientParameters.ClientSecret = ""
	case o.ApiKeyAuthParameters != nil:
		o.ApiKeyAuthParameters.ApiKeyValue = ""
	default:
		o.BasicAuthParameters.Password = ""
	}
	return o
}

func (p authParameters) oauthHTTP() *httpParameters {
	if p.OAuthParameters == nil {
		return nil
	}
	return p.OAuthParameters.OAuthHttpParameters
}
