package dates

// This file knows the words in dates.

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// months are their names: in English, German, French, Spanish, Italian,
// Portuguese, Dutch, Danish, Norwegian, Swedish, Finnish and Polish, in small
// letters, without accents. An abbreviation is the beginning of a name, of three
// letters at least, that no other month has; others are listed as well.
var months = map[time.Month]string{
	time.January:   "january januar janner janvier enero ene gennaio gen janeiro januari jan tammikuu tammikuuta styczen stycznia",
	time.February:  "february februar feber fevrier fev febrero febbraio fevereiro februari feb helmikuu helmikuuta luty lutego",
	time.March:     "march marz maerz mars marzo marco maart mrt mrz mar marts maaliskuu maaliskuuta marzec marca",
	time.April:     "april avril avr abril abr aprile apr huhtikuu huhtikuuta kwiecien kwietnia",
	time.May:       "may mai mayo maggio mag maio mei maj toukokuu toukokuuta maja",
	time.June:      "june juni juin junio giugno giu junho jun kesakuu kesakuuta czerwiec czerwca",
	time.July:      "july juli juillet juil julio luglio lug julho jul heinakuu heinakuuta lipiec lipca",
	time.August:    "august aout agosto ago augustus augusti aug elokuu elokuuta sierpien sierpnia",
	time.September: "september septembre septiembre setiembre settembre setembro sept sep set syyskuu syyskuuta wrzesien wrzesnia",
	time.October:   "october oktober octobre octubre ottobre ott outubro out oct okt lokakuu lokakuuta pazdziernik pazdziernika",
	time.November:  "november novembre noviembre novembro nov marraskuu marraskuuta listopad listopada",
	time.December:  "december dezember decembre diciembre dic dicembre dezembro dez dec des desember joulukuu joulukuuta grudzien grudnia",
}

var monthOf = func() map[string]time.Month {
	all := map[string]time.Month{}
	for month, names := range months {
		for name := range strings.FieldsSeq(names) {
			all[name] = month
		}
	}
	return all
}()

// monthNamed is the month of a word, or 0.
func monthNamed(word string) time.Month {
	if month := monthOf[word]; month != 0 || len(word) < 3 {
		return month
	}
	var found time.Month
	for name, month := range monthOf {
		if strings.HasPrefix(name, word) {
			if found != 0 && found != month {
				return 0
			}
			found = month
		}
	}
	return found
}

// silent are words of a date that say nothing: articles, and what ordinals end
// in.
var silent = words("the of de del di den le el il th st nd rd er re eme a o og e r roku º ª")

// weekdays stand before a date. They are not compared with it.
var weekdays = words("monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun " +
	"montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so " +
	"lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim " +
	"lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom " +
	"lunedi martedi mercoledi giovedi venerdi gio " +
	"segunda terca quarta quinta sexta feira " +
	"maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo " +
	"mandag tirsdag onsdag torsdag fredag lordag sondag mandagen man tir ons tor lor son " +
	"tisdag lordagen " +
	"maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai " +
	"poniedzialek wtorek sroda czwartek piatek sobota niedziela")

func words(list string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		all[word] = true
	}
	return all
}

// plain is a word in small letters without accents.
func plain(word string) string {
	var plain strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'ł':
			plain.WriteByte('l')
		case r == 'ø':
			plain.WriteByte('o')
		default:
			plain.WriteRune(r)
		}
	}
	return plain.String()
}
