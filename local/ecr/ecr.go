// Package ecr is Amazon Elastic Container Registry for the local engine, as far as
// `cdk bootstrap` makes a repository and the CDK's CLI looks for what lies in it.
// The engine runs no containers: repositories are empty, and images are refused.
package ecr

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// ECR is the service. It implements cloud.API.
type ECR struct {
	cloud.Operations

	cloud *cloud.Cloud

	mu           sync.RWMutex
	repositories map[string]*repository // by name
}

var _ cloud.API = (*ECR)(nil)

// repository is in the shape in which the API answers it.
type repository struct {
	ARN        string            `json:"repositoryArn"`
	Registry   string            `json:"registryId"`
	Name       string            `json:"repositoryName"`
	URI        string            `json:"repositoryUri"`
	Created    cloud.Time        `json:"createdAt"`
	Mutability string            `json:"imageTagMutability"`
	Scanning   scanning          `json:"imageScanningConfiguration"`
	Encryption map[string]string `json:"encryptionConfiguration"`
	policy     json.RawMessage   // nil without one
	lifecycle  string            // as it was written
}

type scanning struct {
	OnPush bool `json:"scanOnPush"`
}

// New returns a registry without repositories.
func New(c *cloud.Cloud) *ECR {
	e := &ECR{cloud: c, repositories: map[string]*repository{}}
	e.Operations = cloud.Operations{
		"DescribeImages":       cloud.Handle(e.describeImages),
		"DescribeRepositories": cloud.Handle(e.describeRepositories),
		"GetLifecyclePolicy":   cloud.Handle(e.getLifecyclePolicy),
		"GetRepositoryPolicy":  cloud.Handle(e.getRepositoryPolicy),
		"ListImages":           cloud.Handle(e.listImages).Without("imageIds"),
	}
	// What the docker command asks for before it sends layers.
	for _, action := range []string{"GetAuthorizationToken", "BatchCheckLayerAvailability", "InitiateLayerUpload", "PutImage"} {
		e.Operations[action] = cloud.Handle(func(context.Context, cloud.Caller, any) (struct{}, error) {
			return struct{}{}, cloud.Errorf(400, "UnknownOperationException", "ecr:%s: the local engine runs no containers and takes no images", action)
		})
	}
	return e
}

func (e *ECR) arn(name string) string { return e.cloud.ARN("ecr", "repository/"+name) }

// open authorizes the caller and finds a repository.
func (e *ECR) open(caller cloud.Caller, action, name string) (*repository, error) {
	if err := e.cloud.Authorize(caller, "ecr:"+action, e.arn(name)); err != nil {
		return nil, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if r := e.repositories[name]; r != nil {
		return r, nil
	}
	return nil, e.missing(name)
}

func (e *ECR) missing(name string) error {
	return cloud.Errorf(400, "RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry with id '%s'", name, e.cloud.Account)
}

type describeRepositoriesInput struct {
	RegistryID string   `json:"registryId"`
	Names      []string `json:"repositoryNames"`
	Max        int      `json:"maxResults"`
	Token      string   `json:"nextToken"`
}

type describeRepositoriesOutput struct {
	Repositories []repository `json:"repositories"`
	Next         string       `json:"nextToken,omitempty"`
}

// maxPage is how many repositories an answer has at most, and where none are
// asked for.
const maxPage, usualPage = 1000, 100

func (e *ECR) describeRepositories(_ context.Context, caller cloud.Caller, in describeRepositoriesInput) (describeRepositoriesOutput, error) {
	out := describeRepositoriesOutput{Repositories: []repository{}}
	if len(in.Names) > 0 {
		for _, name := range in.Names {
			r, err := e.open(caller, "DescribeRepositories", name)
			if err != nil {
				return out, err
			}
			out.Repositories = append(out.Repositories, *r)
		}
		return out, nil
	}
	if err := e.cloud.Authorize(caller, "ecr:DescribeRepositories", e.arn("*")); err != nil {
		return out, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	names := slices.Sorted(maps.Keys(e.repositories))
	start := 0
	if in.Token != "" {
		var err error
		if start, err = strconv.Atoi(in.Token); err != nil || start < 0 || start > len(names) {
			return out, cloud.Errorf(400, "InvalidParameterException", "Invalid parameter at 'nextToken' failed to satisfy constraint: it is not of an answer")
		}
	}
	if in.Max < 1 || in.Max > maxPage {
		in.Max = usualPage
	}
	end := min(start+in.Max, len(names))
	for _, name := range names[start:end] {
		out.Repositories = append(out.Repositories, *e.repositories[name])
	}
	if end < len(names) {
		out.Next = strconv.Itoa(end)
	}
	return out, nil
}

type imagesInput struct {
	RegistryID string `json:"registryId"`
	Name       string `json:"repositoryName"`
	Images     []struct {
		Digest string `json:"imageDigest"`
		Tag    string `json:"imageTag"`
	} `json:"imageIds"`
	Filter any    `json:"filter"`
	Max    int    `json:"maxResults"`
	Token  string `json:"nextToken"`
}

type describeImagesOutput struct {
	Images []struct{} `json:"imageDetails"`
}

// describeImages tells of all images, which are none, or of certain ones, which
// are not there.
func (e *ECR) describeImages(_ context.Context, caller cloud.Caller, in imagesInput) (describeImagesOutput, error) {
	out := describeImagesOutput{Images: []struct{}{}}
	_, err := e.open(caller, "DescribeImages", in.Name)
	if err == nil && len(in.Images) > 0 {
		err = cloud.Errorf(400, "ImageNotFoundException", "The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'",
			orNull(in.Images[0].Digest), orNull(in.Images[0].Tag), in.Name, e.cloud.Account)
	}
	return out, err
}

func orNull(text string) string {
	if text == "" {
		return "null"
	}
	return text
}

type listImagesOutput struct {
	Images []struct{} `json:"imageIds"`
}

func (e *ECR) listImages(_ context.Context, caller cloud.Caller, in imagesInput) (listImagesOutput, error) {
	_, err := e.open(caller, "ListImages", in.Name)
	return listImagesOutput{[]struct{}{}}, err
}

type policyInput struct {
	RegistryID string `json:"registryId"`
	Name       string `json:"repositoryName"`
}

type policyOutput struct {
	Registry string `json:"registryId"`
	Name     string `json:"repositoryName"`
	Policy   string `json:"policyText,omitempty"`
	Rules    string `json:"lifecyclePolicyText,omitempty"`
}

func (e *ECR) getRepositoryPolicy(_ context.Context, caller cloud.Caller, in policyInput) (policyOutput, error) {
	r, err := e.open(caller, "GetRepositoryPolicy", in.Name)
	if err != nil {
		return policyOutput{}, err
	}
	if r.policy == nil {
		return policyOutput{}, cloud.Errorf(400, "RepositoryPolicyNotFoundException", "Repository policy does not exist for the repository with name '%s' in the registry with id '%s'", in.Name, e.cloud.Account)
	}
	return policyOutput{Registry: r.Registry, Name: r.Name, Policy: string(r.policy)}, nil
}

func (e *ECR) getLifecyclePolicy(_ context.Context, caller cloud.Caller, in policyInput) (policyOutput, error) {
	r, err := e.open(caller, "GetLifecyclePolicy", in.Name)
	if err != nil {
		return policyOutput{}, err
	}
	if r.lifecycle == "" {
		return policyOutput{}, cloud.Errorf(400, "LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository with name '%s' in the registry with id '%s'", in.Name, e.cloud.Account)
	}
	return policyOutput{Registry: r.Registry, Name: r.Name, Rules: r.lifecycle}, nil
}
