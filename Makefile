# Two words for what Python does: the logic is in manage.py and clinic/local, where it is tested.
PYTHON ?= python3
EXPORT = uv export --quiet --frozen --no-emit-project --no-header --no-annotate --no-default-groups

.PHONY: run test faults bench ci messages lock

run:
	$(PYTHON) manage.py up

test:
	$(PYTHON) manage.py test

# The full form of every scenario; `make test` runs the short one.
faults:
	FAULTS=full $(PYTHON) manage.py test -m faults

bench:
	$(PYTHON) manage.py test -m bench -s

ci:
	.ci/run

# After a change of a sentence for patients (needs GNU gettext): writes the new ones into locale/, for a person to
# translate; once more, and they are compiled. The rooms of staff speak English alone and are left out.
messages:
	$(PYTHON) manage.py makemessages -l es --no-wrap --no-obsolete --add-location file --ignore 'tests/*' \
	  --ignore 'staticfiles/*' --ignore '*/admin/*' --ignore '*/demo/*' --ignore 'cases/api/*' --ignore 'clinic/local/*'
	$(PYTHON) manage.py compilemessages --ignore '.venv/*'

# After a change of a dependency in pyproject.toml. uv.lock stays on this machine: it names the host it came from.
lock:
	uv lock
	$(EXPORT) --output-file requirements/prod.txt > /dev/null
	$(EXPORT) --extra embedded --output-file requirements/run.txt > /dev/null
	$(EXPORT) --extra embedded --group test --output-file requirements/test.txt > /dev/null
	$(EXPORT) --extra embedded --group dev --output-file requirements/dev.txt > /dev/null
