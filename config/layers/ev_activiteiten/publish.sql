-- The location is an area, so most of it lies in one municipality.
SELECT a.*, register.gemeente_van(a.geometrie) AS gemeentecode
FROM register.ev_activiteit AS a
WHERE a.familie = 'ev'
