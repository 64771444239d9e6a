package sagemaker

// This file is what jobs and models have in S3, which they reach by their roles.

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// location reads an address in S3; member is where it stands.
func location(member, address string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(address, "s3://")
	bucket, key, _ = strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return "", "", invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: (https|s3)://([^/]+)/?(.*)", address, lowerFirst(member))
	}
	return bucket, key, nil
}

// clientError is why a job has failed, where that is its user's fault.
func clientError(format string, arguments ...any) error {
	return cloud.Errorf(400, "ClientError", format, arguments...)
}

func (s *SageMaker) objects(b bearer) (*s3.Client, error) {
	caller, err := s.as(b)
	if err != nil {
		return nil, err
	}
	return s.options.Objects.As(caller, s3.Origin{UserAgent: principal}), nil
}

func (s *SageMaker) bearer(spec *trainingSpec) bearer {
	return bearer{spec.RoleARN, s.arn("training-job", spec.TrainingJobName)}
}

// checkInputs looks for the data of a training job's channels.
func (s *SageMaker) checkInputs(ctx context.Context, spec *trainingSpec) error {
	for _, c := range spec.InputDataConfig {
		if source := c.DataSource.S3DataSource; source != nil {
			if err := s.checkInput(ctx, s.bearer(spec), source); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkInput looks for what a source names: the objects under a prefix, or one
// with a manifest.
func (s *SageMaker) checkInput(ctx context.Context, b bearer, source *s3DataSource) error {
	bucket, key, err := location("S3Uri", source.S3URI)
	if err != nil {
		return err
	}
	client, err := s.objects(b)
	if err != nil {
		return err
	}
	if source.S3DataType == "S3Prefix" {
		page, err := client.List(ctx, s3.ListInput{Bucket: bucket, Prefix: key, Max: 1})
		if err == nil && len(page.Objects) == 0 {
			err = cloud.Errorf(404, "NoSuchKey", "The specified key does not exist.")
		}
		if err != nil {
			return clientError("Data download failed:No S3 objects found under S3 URL %q given in input data source. Please ensure that the bucket exists in the selected region (%s), that objects exist under that S3 prefix, and that the role %q has \"s3:ListBucket\" permissions on bucket %q. Error message from S3: %s",
				source.S3URI, s.cloud.Region, b.role, bucket, cloud.AsError(err).Message)
		}
		key = page.Objects[0].Key
	}
	if _, err := client.Head(ctx, bucket, key, ""); err != nil {
		return clientError("Data download failed:Could not download s3://%s/%s: %s", bucket, key, cloud.AsError(err).Message)
	}
	return nil
}

// upload writes the archive that a training job leaves, and returns its address.
// No model is in it: it says which job has written it.
func (s *SageMaker) upload(ctx context.Context, spec *trainingSpec, metrics []metricData) (string, error) {
	archive, err := archive(spec, metrics)
	if err != nil {
		return "", err
	}
	address := strings.TrimSuffix(spec.OutputDataConfig.S3OutputPath, "/") + "/" + spec.TrainingJobName + "/output/model.tar.gz"
	bucket, key, err := location("S3OutputPath", address)
	if err != nil {
		return "", err
	}
	client, err := s.objects(s.bearer(spec))
	if err != nil {
		return "", err
	}
	if _, err := client.Put(ctx, s3.PutInput{Bucket: bucket, Key: key, Body: bytes.NewReader(archive), Header: map[string]string{"Content-Type": "application/x-tar"}}); err != nil {
		return "", clientError("Artifact upload failed:Could not upload to %s: %s", address, cloud.AsError(err).Message)
	}
	return address, nil
}

// archive is a model.tar.gz with one file, training-job.json.
func archive(spec *trainingSpec, metrics []metricData) ([]byte, error) {
	content, err := json.MarshalIndent(map[string]any{
		"TrainingJobName": spec.TrainingJobName, "HyperParameters": spec.HyperParameters, "FinalMetricDataList": metrics,
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	files := tar.NewWriter(zipped)
	if err := files.WriteHeader(&tar.Header{Name: "training-job.json", Mode: 0o644, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := files.Write(content); err != nil {
		return nil, err
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
