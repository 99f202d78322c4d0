SELECT *, register.gemeente_van(geometrie) AS gemeentecode FROM register.basisnet
