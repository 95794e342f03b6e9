// Command program uses a generated client for what it was generated for.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	client "client/profile"
)

func main() {
	ctx := context.Background()
	profile, err := client.NewClientWithResponses(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	registered, err := profile.RegisterWithResponse(ctx, &client.RegisterParams{Browser: "Go 1"}, client.RegisterJSONRequestBody{
		Login: "gopher", Password: "Voskresensk1", Email: "gopher@example.com", FirstName: "Данила", LastName: "Гинда",
	})
	if err != nil || registered.JSON200 == nil {
		log.Fatalf("%v %s", err, registered.Body)
	}
	me, err := profile.MeWithResponse(ctx, func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", registered.JSON200.Token)
		return nil
	})
	if err != nil || me.JSON200 == nil {
		log.Fatalf("%v %s", err, me.Body)
	}
	found, err := profile.FindUserWithResponse(ctx, me.JSON200.Login)
	if err != nil || found.JSON200 == nil {
		log.Fatalf("%v %s", err, found.Body)
	}
	report, err := json.Marshal([]any{me.JSON200.FirstName, found.JSON200.Email})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(report))
}
