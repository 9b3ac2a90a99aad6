package main

import (
	"github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
)

// newOpenAPICall uses darabonba-openapi, on which the vendor's typed modules for Go are built.
func newOpenAPICall(a arguments) (func() error, error) {
	openAPI, err := client.NewClient(&client.Config{
		AccessKeyId:     dara.String(a.accessKeyID),
		AccessKeySecret: dara.String(a.accessKeySecret),
		Endpoint:        dara.String(a.host),
	})
	if err != nil {
		return nil, err
	}
	params := &client.Params{
		Action:      dara.String(action),
		Version:     dara.String(version),
		Protocol:    dara.String("HTTP"),
		Method:      dara.String("POST"),
		Pathname:    dara.String("/"),
		AuthType:    dara.String("AK"),
		Style:       dara.String("RPC"),
		ReqBodyType: dara.String("formData"),
		BodyType:    dara.String("json"),
	}
	return func() error {
		request := &client.OpenApiRequest{Query: map[string]*string{
			"ClientId":   dara.String(a.clientID),
			"InstanceId": dara.String(a.instanceID),
		}}
		response, err := openAPI.CallApi(params, request, &dara.RuntimeOptions{})
		if err != nil {
			return err
		}
		body, _ := response["body"].(map[string]interface{})
		if body["DeviceCredential"] == nil {
			return errNoCredential
		}
		return nil
	}, nil
}
