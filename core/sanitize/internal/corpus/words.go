package corpus

const (
	plainWords = `amber canvas cedar delta ember fjord garnet harvest indigo juniper kestrel lumen marble nectar orchard pebble
		quartz ripple saddle timber umber velvet walnut yonder zephyr ledger parcel invoice basket catalog worker planner mixer
		viewer loader broker router packet bundle gadget widget report digest window folder`
	passwordWords = `Badger Cinnamon Dragonfly Espresso Flamingo Gondola Hazelnut Iceberg Jukebox Kangaroo Lavender Mandolin
		Nightingale Octopus Pistachio Quicksand Raspberry Sombrero Trampoline Umbrella Vampire Waterfall Xylophone Yardbird Zucchini`
	firstNames = `Aurelio Birgit Chidi Dagny Eamon Fumiko Gustavo Henrike Ingeborg Joaquin Kaspar Liesel Mirela Niamh Oskar
		Paloma Quentin Rasmus Saoirse Tadeusz Ulrike Vikram Wiebke Ximena Yannick Zuzana Anneke Bartosz Celestine Dmitri`
	lastNames = `Achterberg Bielawski Castellanos Dvorak Eriksson Fitzgerald Grunwald Haugland Ivanovic Jankowski Kaczmarek
		Lindqvist Marchetti Nieminen Oyelaran Papadakis Quintero Rasmussen Szymanski Takahashi Underhill Villanueva Wojcik
		Yamamoto Zielinski Abernathy Blomqvist Cavendish Delacroix Esposito`
	domains = `harrowgate-systems.com bluepinecone.io lanternworks.net kupferberg.de moulin-rouge-data.fr ostsee-logistik.de
		tallgrass.dev copperfield-labs.co.uk nordlicht.se ponte-vecchio.it meridian-apps.ca sakura-soft.jp verde-campo.com.br
		wattle-creek.com.au`
)
