package checkaddress

// This file has the regions of countries whose addresses name one, and what the
// postal codes of their places begin with: of Australia Post's postcode data, of
// Canada Post's forward sortation areas, and of the United States Postal
// Service's three-digit prefixes (DMM L002), with the places that are served
// from across a border.

import "regexp"

func in(name, postalCodes string) region {
	return region{name: name, postalCodes: regexp.MustCompile("^(?:" + postalCodes + ")")}
}

var australia = map[string]region{
	"ACT": in("Australian Capital Territory", `29|2540|260|261[0-8]|02|2620`),
	"NSW": in("New South Wales", `1|2[0-57-8]|26[2-9]|261[189]|3500|358[56]|3644|3707`),
	"NT":  in("Northern Territory", `0[89]`),
	"QLD": in("Queensland", `[49]`),
	"SA":  in("South Australia", `5|0872`),
	"TAS": in("Tasmania", `7`),
	"VIC": in("Victoria", `[38]`),
	"WA":  in("Western Australia", `6|0872`),
}

var canada = map[string]region{
	"AB": in("Alberta", `T`),
	"BC": in("British Columbia", `V`),
	"MB": in("Manitoba", `R`),
	"NB": in("New Brunswick", `E`),
	"NL": in("Newfoundland and Labrador", `A`),
	"NS": in("Nova Scotia", `B`),
	"NT": in("Northwest Territories", `X0E|X0G|X1A`),
	"NU": in("Nunavut", `X0A|X0B|X0C`),
	"ON": in("Ontario", `[KLMNP]`),
	"PE": in("Prince Edward Island", `C`),
	"QC": in("Quebec", `[GHJ]|K1A`),
	"SK": in("Saskatchewan", `S|R8A`),
	"YT": in("Yukon", `Y`),
}

var unitedStates = map[string]region{
	"AA": in("Armed Forces Americas", `340`),
	"AE": in("Armed Forces Europe", `09`),
	"AK": in("Alaska", `99[5-9]`),
	"AL": in("Alabama", `3[56]`),
	"AP": in("Armed Forces Pacific", `96[2-6]`),
	"AR": in("Arkansas", `71[6-9]|72`),
	"AS": in("American Samoa", `96799`),
	"AZ": in("Arizona", `8[56]`),
	"CA": in("California", `9[0-5]|96[01]`),
	"CO": in("Colorado", `8[01]`),
	"CT": in("Connecticut", `06`),
	"DC": in("District of Columbia", `20[02-5]|569`),
	"DE": in("Delaware", `19[7-9]`),
	"FL": in("Florida", `3[23]|34[1-9]`),
	"FM": in("Micronesia", `9694[1-4]`),
	"GA": in("Georgia", `3[01]|398|39901`),
	"GU": in("Guam", `969[12]\d|9693[12]`),
	"HI": in("Hawaii", `967[0-8]|9679[0-8]|968`),
	"IA": in("Iowa", `5[0-2]`),
	"ID": in("Idaho", `83[2-9]`),
	"IL": in("Illinois", `6[0-2]`),
	"IN": in("Indiana", `4[67]`),
	"KS": in("Kansas", `6[67]`),
	"KY": in("Kentucky", `4[01]|42[0-7]`),
	"LA": in("Louisiana", `70|71[0-5]`),
	"MA": in("Massachusetts", `01|02[0-7]|05501|05544`),
	"MD": in("Maryland", `20[6-9]|21`),
	"ME": in("Maine", `039|04`),
	"MH": in("Marshall Islands", `969[67]`),
	"MI": in("Michigan", `4[89]`),
	"MN": in("Minnesota", `55|56[0-7]`),
	"MO": in("Missouri", `6[3-5]`),
	"MP": in("Northern Mariana Islands", `9695[0-2]`),
	"MS": in("Mississippi", `38[6-9]|39[0-7]`),
	"MT": in("Montana", `59`),
	"NC": in("North Carolina", `2[78]`),
	"ND": in("North Dakota", `58`),
	"NE": in("Nebraska", `6[89]`),
	"NH": in("New Hampshire", `03[0-8]`),
	"NJ": in("New Jersey", `0[78]`),
	"NM": in("New Mexico", `87|88[0-4]`),
	"NV": in("Nevada", `889|89`),
	"NY": in("New York", `1[0-4]|06390|00501|00544`),
	"OH": in("Ohio", `4[3-5]`),
	"OK": in("Oklahoma", `7[34]`),
	"OR": in("Oregon", `97`),
	"PA": in("Pennsylvania", `1[5-8]|19[0-6]`),
	"PR": in("Puerto Rico", `00[679]`),
	"PW": in("Palau", `96939|96940`),
	"RI": in("Rhode Island", `02[89]`),
	"SC": in("South Carolina", `29`),
	"SD": in("South Dakota", `57`),
	"TN": in("Tennessee", `37|38[0-5]`),
	"TX": in("Texas", `7[5-9]|885|73301|73344`),
	"UT": in("Utah", `84`),
	"VA": in("Virginia", `201|2[23]|24[0-6]`),
	"VI": in("Virgin Islands", `008`),
	"VT": in("Vermont", `05`),
	"WA": in("Washington", `98|99[0-4]`),
	"WI": in("Wisconsin", `5[34]`),
	"WV": in("West Virginia", `24[7-9]|2[56]`),
	"WY": in("Wyoming", `82|83[01]|83414`),
}
