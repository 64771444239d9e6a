package secrets

// This file is AWS::SecretsManager::RotationSchedule.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type rotationProperties struct {
	SecretId                  string
	RotationLambdaARN         string
	RotationRules             *rotationRules
	RotateImmediatelyOnUpdate *bool
}

func (s *SecretsManager) createRotation(ctx context.Context, _ cfn.Resource, p rotationProperties) (cfn.Handle, error) {
	out, err := s.rotateSecret(ctx, s.cloud.Administrator(), rotateInput{
		SecretId: p.SecretId, ClientRequestToken: cloud.UUID(), RotationLambdaARN: p.RotationLambdaARN, RotationRules: p.RotationRules, RotateImmediately: p.RotateImmediatelyOnUpdate,
	})
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: out.ARN, Attributes: map[string]any{"Id": out.ARN}, Delete: func(ctx context.Context) error {
		_, err := s.cancelRotateSecret(ctx, s.cloud.Administrator(), describeSecretInput{out.ARN})
		if err != nil && cloud.AsError(err).Code == "ResourceNotFoundException" {
			return nil // the secret has gone before
		}
		return err
	}}, nil
}
