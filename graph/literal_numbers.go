package graph

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/internal/strictjson"
)

// setExactValues gives the literals of a document their values according to GraphQL, before the validation.
// It returns the integers of more than 64 bits: they are valid as a Float only, which checkLongIntegers
// checks after the validation.
func setExactValues(doc *ast.QueryDocument) (long []*ast.Value, err *gqlerror.Error) {
	eachLiteral(doc, func(v *ast.Value) {
		switch v.Kind {
		case ast.IntValue, ast.FloatValue:
			number, parseErr := strconv.ParseFloat(v.Raw, 64)
			if parseErr != nil || number == 0 && !strictjson.Zero(v.Raw) {
				err = numberError(v, "a number in the query text is out of range")
			}
			if _, err := strconv.ParseInt(v.Raw, 10, 64); err != nil && v.Kind == ast.IntValue {
				v.Kind = ast.FloatValue // gqlparser parses its value from the same text
				long = append(long, v)
			}
		case ast.BlockValue:
			v.Raw = blockValue(v)
		}
	})
	return long, err
}

// checkLongIntegers rejects integers of more than 64 bits that are not the value of a Float.
func checkLongIntegers(long []*ast.Value) *gqlerror.Error {
	for _, v := range long {
		if v.Definition == nil || v.Definition.Name != "Float" {
			return numberError(v, "an integer in the query text is too long for its type")
		}
	}
	return nil
}

// keepDateNumbers makes texts of the numbers in places of dates. No number is a date, and the error can then
// repeat it as the caller wrote it: 2.50, not 2.5.
func keepDateNumbers(doc *ast.QueryDocument) {
	eachLiteral(doc, func(v *ast.Value) {
		if (v.Kind == ast.IntValue || v.Kind == ast.FloatValue) && v.Definition != nil &&
			v.Definition.Name == "DateTime" {
			v.Kind = ast.StringValue
		}
	})
}

// numberError returns the error of a number literal. It does not repeat the number, which may be a one-time
// password.
func numberError(v *ast.Value, message string) *gqlerror.Error {
	err := toGraphQL(newError(validationFailed, "%s", message), nil, nil)
	if v.Position != nil {
		err.Locations = []gqlerror.Location{{Line: v.Position.Line, Column: v.Position.Column}}
	}
	return err
}
