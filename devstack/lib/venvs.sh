# shellcheck shell=bash
# Virtualenvs: made anew in parts only when what they were made from has changed.

readonly PIP_OPTIONS=(--quiet --disable-pip-version-check --no-input)

venv_make() {  # venv_make DIRECTORY MADE_WITH PIP_ARGUMENT...: MADE_WITH is kept, and compared the next time
    local venv=$1 made_with=$2
    shift 2
    if [[ -s $venv/.made-with && $(<"$venv/.made-with") == "$made_with" ]]; then
        return
    fi
    make_directory "$(dirname "$venv")" 0755 root:root
    [[ -x $venv/bin/python ]] || python3 -m venv "$venv"
    rm -f "$venv/.made-with"
    "$venv/bin/python" -m pip install "${PIP_OPTIONS[@]}" "$@"
    echo "$made_with" >"$venv/.made-with"
    changed "$venv"
}

product_sources() {  # product_sources DIRECTORY: a copy to build from, so that the checkout gets no build files
    cp -r "$CHECKOUT"/{pyproject.toml,README.md,LICENSE,compute_cloud} "$1/"
    find "$1" -name __pycache__ -prune -exec rm -rf {} +
}

product_venv() {
    local needs sources
    needs=$(sha256sum <"$CHECKOUT/pyproject.toml")
    sources=$(tree_hash "$CHECKOUT"/{pyproject.toml,compute_cloud})
    if [[ -s $VENV/.made-with && $(<"$VENV/.made-with") == "$sources" ]]; then
        return
    fi
    local copy=$SCRATCH/sources
    mkdir "$copy"
    product_sources "$copy"
    if [[ -s $VENV/.needs && $(<"$VENV/.needs") == "$needs" ]]; then
        rm -f "$VENV/.made-with"
        venv_make "$VENV" "$sources" --no-deps --force-reinstall "$copy"
        return
    fi
    # what needs no compiler goes first, beside the installation of the packages that bring one
    make_directory "$OPT" 0755 root:root
    [[ -x $VENV/bin/python ]] || python3 -m venv "$VENV"
    "$VENV/bin/python" -m pip install "${PIP_OPTIONS[@]}" "$copy"
    wait_for_steps packages
    extra_requirements libvirt >"$SCRATCH/extra"
    venv_make "$VENV" "$sources" --requirement "$SCRATCH/extra"
    echo "$needs" >"$VENV/.needs"
}

extra_requirements() {  # extra_requirements NAME: of pyproject.toml, one a line
    python3 - "$CHECKOUT/pyproject.toml" "$1" <<'PYTHON'
import sys
import tomllib

with open(sys.argv[1], "rb") as source:
    print(*tomllib.load(source)["project"]["optional-dependencies"][sys.argv[2]], sep="\n")
PYTHON
}
